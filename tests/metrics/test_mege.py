import itertools

import pytest
import torch
from scipy.stats import spearmanr

import vitrail
from agreeing import blind, digits, line, scored
from judging import points
from known import F64
from vitrail.metrics.mege import MeGe

close = torch.testing.assert_close
NETS = [line(*row) for row in points(4, seed=3)[:, :6].tolist()]
PRODUCT = vitrail.METHODS["input-x-gradient"]()


def test_two_neighbours_swapped_by_hand():
    net, other = line(1.0, 2, 3, 4), line(1.0, 2, 4, 3)
    x = torch.tensor([[1.0, 1, 1, 1], [0, 0, 3, -3.5], [0, 0, -1, 2]], dtype=F64)
    expected = torch.tensor([1 / (1 + 0.2**0.5), torch.nan, 1 / (1 + 0.2**0.5)], dtype=F64)
    close(scored(MeGe((other,)), net, x), expected, equal_nan=True)


def slow(x, label):
    """All pairs of networks that are right, one after the other."""
    weights = [net.network.module.weight.detach()[0] for net in NETS]
    right = [w for w in weights if int(w @ x <= 0) == label]
    found = [(1 - abs(spearmanr(one * x, two * x).statistic)) ** 0.5 for one, two in itertools.combinations(right, 2)]
    return 1 / (1 + sum(found) / len(found)) if found else torch.nan


def test_the_definition_by_loops():
    x = points(30)[:, :6]
    labels = torch.arange(30) % 2
    expected = torch.tensor([slow(each, int(label)) for each, label in zip(x, labels, strict=True)], dtype=F64)
    assert 5 < expected.isfinite().sum() < 30
    assert len(expected.unique()) > 8
    close(scored(MeGe(NETS[1:], labels), NETS[0], x, PRODUCT, target=0), expected, equal_nan=True)


def test_without_labels_the_explained_network_is_right():
    x = points(30)[:, :6]
    said = NETS[0].network.module(x).argmax(1)
    metric = MeGe(tuple(NETS[1:]))
    close(scored(metric, NETS[0], x), scored(MeGe(NETS[1:], said), NETS[0], x), equal_nan=True)


def test_alone_as_among_others():
    x = points(8)[:, :6]
    whole = scored(MeGe(NETS[1:]), NETS[0], x, PRODUCT)
    assert whole.isfinite().any()
    for i in range(8):
        close(scored(MeGe(NETS[1:]), NETS[0], x[i : i + 1], PRODUCT), whole[i : i + 1], equal_nan=True)


@pytest.mark.parametrize("factor", [8.0, -0.5])
def test_neither_a_factor_nor_the_sign_matters(factor):
    x = points(8)[:, :6]
    once, more = (scored(MeGe(NETS[1:]), NETS[0], x, lambda m, x, t, f=f: f * PRODUCT(m, x, t)) for f in (1.0, factor))
    close(once, more, equal_nan=True)


def test_the_same_for_all_networks_is_perfect_and_a_constant_is_nothing():
    x = points(8)[:, :6]
    same = scored(MeGe(NETS[1:]), NETS[0], x, lambda model, x, target: x)
    assert same.isfinite().any()
    assert (same[same.isfinite()] == 1).all()
    assert scored(MeGe(NETS[1:]), NETS[0], x, lambda model, x, target: x * 0 + 2).isnan().all()


def test_a_method_that_looks_at_really_trained_networks_is_more_general_than_chance():
    models, x, labels = digits()
    metric = MeGe(models[1:], labels)
    found, chance = (scored(metric, models[0], x, recipe) for recipe in (PRODUCT, blind))
    known = found.isfinite()
    assert known.sum() > 40
    close(known, chance.isfinite())
    assert found[known].mean() > chance[known].mean() + 0.03
