import pytest
import torch
from scipy.stats import spearmanr

import vitrail
from judging import linear, points, subject_of
from known import smooth
from vitrail.errors import BadInput
from vitrail.metrics.random_logit import RandomLogit, another
from vitrail.metrics.subject import judged
from vitrail.target import Output, Predicted

close = torch.testing.assert_close
GRADIENT = vitrail.METHODS["gradient"]()


def by(recipe, net, target="predicted", metric=RandomLogit()):  # noqa: B008  frozen
    with subject_of(net, points(), target) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


def test_two_opposite_classes_differ_in_sign_alone():
    close(by(GRADIENT, linear()), torch.ones(5, dtype=torch.float64))
    close(by(GRADIENT, linear(), metric=RandomLogit(absolute=False)), -torch.ones(5, dtype=torch.float64))


@pytest.mark.parametrize("classes", [[0, 1, 2, 1, 0], [2, 2, 2, 0, 1]])
def test_rows_of_a_linear_network(classes):
    net = torch.nn.Linear(8, 3).double()
    with subject_of(net, points(), classes) as subject:
        others = another(subject, 5).index
    rows = net.weight.detach()
    expected = [spearmanr(rows[a].abs(), rows[b].abs()).statistic for a, b in zip(classes, others, strict=True)]
    close(by(GRADIENT, net, classes, RandomLogit(seed=5)), torch.tensor(expected, dtype=torch.float64))


def test_an_explanation_that_ignores_the_class_is_worst():
    blind, looks = by(lambda model, x, target: x, smooth(8)), by(GRADIENT, smooth(8))
    close(blind, torch.ones(5, dtype=torch.float64))
    assert (looks < blind).all()


def test_the_other_class_is_never_the_asked_one_and_may_be_any():
    with subject_of(smooth(8, outputs=4), points(), [0, 1, 2, 3, -1]) as subject:
        found = torch.tensor([another(subject, seed).index for seed in range(40)])
    assert not (found == torch.tensor([0, 1, 2, 3, 3])).any()
    assert [len(column.unique()) for column in found.T] == [3] * 5
    assert set(found.flatten().tolist()) == {0, 1, 2, 3}


def test_the_question_stays_the_same_kind():
    for target in (Output(1, "probability"), Predicted("probability")):
        with subject_of(smooth(8), points(), target) as subject:
            made = another(subject, 0)
            asked = [1] * 5 if target == Output(1, "probability") else subject.model.predicted().tolist()
        assert made.of == "probability"
        assert all(a != b for a, b in zip(made.index, asked, strict=True))


def test_a_constant_explanation_has_no_order():
    assert by(lambda model, x, target: torch.ones_like(x), smooth(8)).isnan().all()


@pytest.mark.parametrize("target", [Output(0) - Output(1), Output((0,)), vitrail.Unit("1", 0)])
def test_questions_that_are_not_about_a_class_are_refused(target):
    with pytest.raises(BadInput, match="not about one of several classes"):
        by(GRADIENT, smooth(8), target)


def test_a_network_of_one_output_is_refused():
    with pytest.raises(BadInput, match=r"\(5, 1\)"):
        by(GRADIENT, smooth(8, outputs=1), 0)
