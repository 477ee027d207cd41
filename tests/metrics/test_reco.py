import itertools

import torch

import vitrail
from agreeing import blind, digits, line, scored
from judging import points
from known import F64
from vitrail.metrics.others import distance
from vitrail.metrics.reco import ReCo

close = torch.testing.assert_close
NETS = [line(*row) for row in points(4, seed=3)[:, :6].tolist()]
PRODUCT = vitrail.METHODS["input-x-gradient"]()


def test_networks_that_disagree_about_all_have_apart_what_others_share():
    net, near, far = line(1.0, 2, 3, 4), line(2.0, 3, 4, 9), line(1.0, -6, -7, 2)
    x = torch.tensor([[0.0, 1, 1, 0], [0, 2, 1, 0.5]], dtype=F64)  # the first two say the first class, the third not
    close(scored(ReCo((near, far)), net, x), torch.ones(2, dtype=F64))


def test_half_of_the_contradictions_are_told_by_hand():
    net, near, far = line(1.0, 2, 3, 4), line(1.0, 2, 4, 3), line(-2.0, -1, -3, -4)
    x = torch.tensor([[1.0, 1, 1, 1], [0, 2, 1, 1]], dtype=F64)
    # one swap between net and near, and between net and far; two between near and far
    expected = torch.full((2,), 0.5, dtype=F64)
    close(scored(ReCo((near, far)), net, x), expected)
    close(scored(ReCo((far, near)), net, x), expected)


def test_contradictions_that_are_nearer_than_agreement_say_nothing():
    net, near, far = line(1.0, 2, 3, 4), line(1.0, 2, 4, 3), line(-1.0, -2, -3, -4)
    x = torch.tensor([[1.0, 1, 1, 1], [0, 2, 1, 1]], dtype=F64)
    close(scored(ReCo((near, far)), net, x), torch.zeros(2, dtype=F64))


def test_the_least_of_several_best_bounds_by_hand():
    net, other = line(1.0, 0, 0, 0), line(0.0, 1, 0, 0)
    x = torch.tensor([[1.0, 1, 0, 0], [2, 1, 0, 0], [1, -1, 0, 0], [1, -2, 0, 0]], dtype=F64)
    # where they agree 0 and 0.4, where they contradict each other 0.2 and 1, squared: 0 is as good a bound as 0.4
    orders = torch.tensor([[1.0, 2, 3, 4], [2, 1, 4, 3], [1, 2, 4, 3], [2, 4, 1, 3]], dtype=F64)

    def recipe(model, x, target):
        return orders if model.network is other.network else orders[:1].expand(4, 4)

    close(scored(ReCo((other,)), net, x, recipe), torch.tensor([1.0, -1, 1, 1], dtype=F64))


def sets(x, labels):
    """(distance, example) of S= and S!=, pair by pair."""
    alike, unlike = [], []
    weights = [net.network.module.weight.detach()[0] for net in NETS]
    for (one, two), (e, each) in itertools.product(itertools.combinations(weights, 2), enumerate(x)):
        right = [int(w @ each <= 0) == labels[e] for w in (one, two)]
        apart = float(distance((one * each)[None], (two * each)[None]))
        if any(right):
            (alike if all(right) else unlike).append((apart, e))
    return alike, unlike


def test_the_definition_by_loops():
    x = points(20)[:, :6]
    labels = (torch.arange(20) % 2).tolist()
    alike, unlike = sets(x, labels)
    assert min(len(alike), len(unlike)) > 10

    def at(bound):
        near = [sum(d <= bound for d, _ in each) / len(each) for each in (alike, unlike)]
        return near[0] + (1 - near[1]) - 1

    bounds = sorted({d for d, _ in alike + unlike})
    best = max(map(at, bounds))
    assert 0.05 < best < 0.95
    found = scored(ReCo(NETS[1:], labels), NETS[0], x, PRODUCT, target=0)
    close(found.mean(), torch.tensor(best, dtype=F64))
    bound = next(b for b in bounds if at(b) > best - 1e-12)
    expected = [
        20 * sum(d <= bound for d, i in alike if i == e) / len(alike)
        + 20 * sum(d > bound for d, i in unlike if i == e) / len(unlike)
        - 1
        for e in range(20)
    ]
    close(found, torch.tensor(expected, dtype=F64))


def test_neither_a_factor_nor_the_sign_matters():
    x = points(20)[:, :6]
    once, more = (scored(ReCo(NETS[1:]), NETS[0], x, lambda m, x, t, f=f: f * PRODUCT(m, x, t)) for f in (1.0, -4.0))
    assert float(once.mean()) > 0.05
    close(once, more)


def test_the_same_for_all_networks_says_nothing():
    found = scored(ReCo(NETS[1:]), NETS[0], points(20)[:, :6], lambda model, x, target: x)
    assert len(found.unique()) > 2
    close(found.mean(), torch.tensor(0.0, dtype=F64))


def test_without_agreement_or_without_contradiction_there_is_no_score():
    net, x = line(1.0, 2, 3, 4), torch.ones(3, 4, dtype=F64)
    for other in (line(1.0, 2, 4, 3), line(-1.0, -2, -3, 4.5)):
        assert scored(ReCo((other,)), net, x).isnan().all()
    assert scored(ReCo(NETS[1:]), NETS[0], points(20)[:, :6], lambda model, x, target: x * 0).isnan().all()


def test_distances_of_really_trained_networks_tell_more_than_chance():
    models, x, labels = digits()
    found, chance = (scored(ReCo(models[1:], labels), models[0], x, recipe) for recipe in (PRODUCT, blind))
    assert float(found.mean()) > float(chance.mean()) + 0.05
