import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

import vitrail
from agreeing import GRADIENT, line
from judging import noise, points, subject_of
from known import F64
from vitrail.errors import BadInput, BadSetting
from vitrail.metrics.others import distance, pairs
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
NETS = line(1.0, 2, 3, 4), line(1.0, 2, 4, 3), line(-4.0, -3, -2, -1)


def found(models, labels=None, x=None, recipe=GRADIENT, target="predicted", own=NETS[0]):
    with subject_of(own, points()[:, :4] if x is None else x, target) as subject:
        return pairs(subject, judged(subject, torch.zeros_like(subject.x), recipe), models, labels)


def test_the_distance_by_hand():
    one = torch.tensor([[1.0, 2, 3, 4]] * 4, dtype=F64)
    other = torch.tensor([[1.0, 2, 4, 3], [8, 6, 4, 2], [1, 2, 3, 40], [5, 5, 5, 5]], dtype=F64)
    # two neighbours swapped: 1 - 6 * 2 / (4 * 15) = 0.8; the reverse order counts as the same
    close(distance(one, other), torch.tensor([0.2**0.5, 0, 0, torch.nan], dtype=F64), equal_nan=True)


def test_the_distance_by_scipy():
    one, other = points(20, seed=1), points(20, seed=2)
    expected = [np.sqrt(1 - abs(spearmanr(a, b).statistic)) for a, b in zip(one, other, strict=True)]
    assert min(expected) < 0.8
    close(distance(one, other), torch.tensor(expected, dtype=F64))


def test_equal_orders_are_at_exactly_0():
    for width in range(2, 60):
        rows = torch.rand(20, width, generator=torch.Generator().manual_seed(width), dtype=F64).mul(9).round()
        found = distance(rows, rows.exp())
        assert (found[found.isfinite()] == 0).all()


def test_all_pairs_and_who_is_right():
    x = torch.tensor([[1.0, 0, 0, 0], [0, 0, 3, -2], [-1, 0, 0, 0]], dtype=F64)
    close(NETS[0].network.module(x).argmax(1), torch.tensor([0, 0, 1]))
    close(NETS[1].network.module(x).argmax(1), torch.tensor([0, 0, 1]))
    close(NETS[2].network.module(x).argmax(1), torch.tensor([1, 1, 0]))
    distances, both, one = found(NETS[1:], x=x)
    apart = 0.2**0.5
    close(distances, torch.tensor([[apart] * 3, [0] * 3, [apart] * 3], dtype=F64))
    close(both, torch.tensor([[True] * 3, [False] * 3, [False] * 3]))
    close(one, torch.tensor([[False] * 3, [True] * 3, [True] * 3]))
    _, both, one = found(NETS[1:], [1, 0, 7], x=x)
    close(both, torch.tensor([[False, True, False], [False] * 3, [False] * 3]))
    close(one, torch.tensor([[False] * 3, [True, True, False], [True, True, False]]))


def test_all_are_asked_about_the_class_that_the_explained_network_says():
    asked = []

    def listens(model, x, target):
        asked.append(target(model.trace(x)).tolist())
        return x

    found(NETS[2:], recipe=listens)
    x = points()[:, :4]
    close(torch.tensor(asked[0], dtype=F64), NETS[0].network.module(x).amax(1).detach())
    predicted = NETS[0].network.module(x).argmax(1)
    expected = NETS[2].network.module(x).gather(1, predicted[:, None])[:, 0].detach()
    assert (expected < 0).any()
    close(torch.tensor(asked[1], dtype=F64), expected)


def test_each_network_is_asked_once_whatever_the_labels():
    asked = []

    def counted(model, x, target):
        asked.append(model.network)
        return x

    with subject_of(NETS[0], points()[:, :4]) as subject:
        explained = judged(subject, subject.x, counted)
        for labels in (None, [0] * 5):
            pairs(subject, explained, list(NETS[1:]), labels)
    assert asked == [model.network for model in NETS]


def test_functions_are_networks_too():
    weights = noise(torch.zeros(2, 4, dtype=F64)).numpy()
    models = [vitrail.open(lambda x, w=w: x @ (w * weights).T) for w in (1.0, np.array([3.0, 1, 1, 1]))]
    distances, both, one = found(models[1:], own=models[0], recipe=vitrail.METHODS["occlusion"](patch=1))
    assert ((distances > 0) & (distances < 1)).any()
    assert (both ^ one).all()


def test_what_is_no_other_network_is_refused():
    again = line(1.0, 2, 3, 4)
    for models, words in (
        ((), "models is empty"),
        ((NETS[1], NETS[1].network.module), r"models\[1\] is a Linear.*Open it first"),
        ((NETS[0],), r"models\[0\] is the explained network"),
        ((NETS[1], again), r"models\[1\] is the explained network"),
        ((NETS[1], NETS[1]), r"models\[1\] is the explained network, or another of models"),
    ):
        with pytest.raises(BadSetting, match=words):
            found(models)


def test_networks_of_another_task_are_refused():
    with pytest.raises(BadInput, match=r"models\[1\] tells 3 classes apart, and the explained network 2"):
        found([NETS[1], vitrail.open(nn.Linear(4, 3).double())])
    with pytest.raises(BadInput, match="cannot take an input of shape"):
        found([vitrail.open(nn.Linear(5, 2).double())])
    with pytest.raises(BadInput, match="no class can be read off"):
        found(NETS[1:], own=vitrail.open(nn.Linear(4, 1).double()), target=0)


def test_explanations_of_another_size_are_refused():
    def inner(model, x, target):
        return x[:, :2] if model.network is NETS[0].network else x

    with pytest.raises(BadInput, match="have 4 numbers for an example, those of Linear 2"):
        found(NETS[1:], recipe=inner)


@pytest.mark.parametrize("labels", [[0, 1], [0.0] * 5, [True] * 5, [[0]] * 5])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(BadInput, match="The number of the true class of each of 5 examples"):
        found(NETS[1:], labels)


def test_an_answer_without_its_method_is_refused():
    with pytest.raises(BadInput, match="comes without its method"):
        found(NETS[1:], recipe=None)
