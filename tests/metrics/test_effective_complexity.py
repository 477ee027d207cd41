"""Effective complexity: sums by pencil, any network by loops, ties, what is tried and what is not."""

import pytest
import torch
from torch import nn

from judging import subject_of
from known import F64, Function, linear, normal, seeded, smooth
from masking import close, uneven
from vitrail.metrics.effective_complexity import EffectiveComplexity
from vitrail.metrics.subject import judged


def score(net, x, shares, baseline=0.0, players="auto", **settings):
    """The metric, of a network that answers with one number."""
    with subject_of(net, x, players=players, baseline=baseline) as subject:
        found = EffectiveComplexity(**settings)(subject, judged(subject, torch.as_tensor(shares, dtype=F64)))
    assert found.dtype == F64
    return found


def by_loop(net, row, shares, baseline, tolerance):
    """Groups of equal |a|, the largest first, until the target is near."""
    size = shares.abs()
    f = lambda here: net(torch.where(here, row, baseline)[None])[0, 0].detach()  # noqa: E731
    everybody = torch.ones_like(size, dtype=torch.bool)
    far = tolerance * (f(everybody) - f(~everybody)).abs()
    for level in [torch.inf, *sorted(size.unique().tolist(), reverse=True)]:
        here = size >= level
        if (f(everybody) - f(here)).abs() <= far:
            return float(here.sum())
    raise AssertionError("everybody is always enough")


@pytest.mark.parametrize(
    ("shares", "tolerance", "expected"),
    [
        ([8, 4, 2, 1], 0.5, 1),  # 8 of 15: 7/15 are left
        ([8, 4, 2, 1], 0.25, 2),
        ([8, 4, 2, 1], 0.1, 3),
        ([8, 4, 2, 1], 0.05, 4),
        ([8, 4, 2, 1], 0.0, 4),
        ([-8, 4, -2, 1], 0.25, 2),  # by size
        ([1, 2, 4, 8], 0.25, 4),  # the wrong way round
        ([3, 3, 3, 3], 0.5, 4),  # all at once
        ([0, 0, 0, 0], 0.5, 4),
        ([5, 1, 1, 1], 0.5, 1),
        ([0, 5, 5, 5], 0.5, 4),  # 7 of 15 is not enough
        ([5, 5, 5, 0], 0.5, 3),  # though 8 alone would be
        ([5, 5, 5, 0], 0.05, 4),
    ],
)
def test_pencil(shares, tolerance, expected):
    net = linear(torch.tensor([8, 4, 2, 1], dtype=F64))
    for x in (torch.ones(1, 4, dtype=F64), -torch.ones(1, 4, dtype=F64)):
        close(score(net, x, [shares], tolerance=tolerance), torch.tensor([expected], dtype=F64))


@pytest.mark.parametrize("tolerance", [0.1, 0.3, 0.6])
def test_by_loop(tolerance):
    net, x = smooth(inputs=9, outputs=1), normal(12, 9)
    shares = (normal(12, 9, seed=1) * 3).round()
    assert all(len(row.abs().unique()) < 9 for row in shares)
    expected = [by_loop(net, row, s, torch.tensor(0.3, dtype=F64), tolerance) for row, s in zip(x, shares, strict=True)]
    assert len(set(expected)) > 2
    close(score(net, x, shares, baseline=0.3, tolerance=tolerance), torch.tensor(expected, dtype=F64))


def test_one_by_one_whatever_the_factor_and_the_order():
    net, x, shares = smooth(inputs=9, outputs=1), normal(9, 9), (normal(9, 9, seed=1) * 3).round()
    found = score(net, x, shares, tolerance=0.4)
    assert len(found.unique()) > 2
    for changed in (7 * shares, 0.01 * shares, -shares, shares**3):
        close(score(net, x, changed, tolerance=0.4), found)
    close(torch.cat([score(net, x[i : i + 1], shares[i : i + 1], tolerance=0.4) for i in range(9)]), found)
    turned = Function(lambda z: net(z.flip(1))[:, 0])
    close(score(turned, x.flip(1), shares.flip(1), tolerance=0.4), found)


def test_the_first_size_that_comes_near_counts():
    net = linear(torch.tensor([4, 3, -3, 1], dtype=F64))  # 4, 7, 4, 5
    x = torch.ones(1, 4, dtype=F64)
    close(score(net, x, [[4, 3, 2, 1]], tolerance=0.25), torch.tensor([1.0], dtype=F64))
    close(score(net, x, [[4, 3, 2, 1]], tolerance=0.1), torch.tensor([4.0], dtype=F64))


def test_nobody_is_needed_where_nothing_changes():
    net, x = linear(torch.tensor([1, -1, 0], dtype=F64)), torch.ones(1, 3, dtype=F64)
    close(score(net, x, [[3, 2, 1]]), torch.zeros(1, dtype=F64))


def test_ideal_beats_good_beats_random():
    weight = normal(1, 60).abs() ** 2
    x, ideal = torch.ones(1, 60, dtype=F64), weight.abs().log()
    ideal = ideal - ideal.min()  # what counts is the order
    found = [score(linear(weight[0]), x, s) for s in (ideal, ideal + normal(1, 60, seed=1), normal(1, 60, seed=2))]
    assert 1 < found[0] < found[1] < found[2] <= 60


def test_players_of_several_elements():
    net, x = linear(torch.tensor([1, 1, 1, 5, 5, 5], dtype=F64)), torch.ones(1, 6, dtype=F64)
    got = score(net, x, [[4, 4, 4, 5, 5, 5]], players=[0, 0, 0, 1, 1, 2], tolerance=0.5)
    close(got, torch.tensor([2.0], dtype=F64))  # shares 12, 10, 5: first 3 of 18, then 13


def test_who_does_not_play_is_always_there_and_never_counted():
    x, shares = torch.ones(2, 4, dtype=F64), torch.tensor([[2, 1, 9, 9], [2, 1, 4, 3]], dtype=F64)
    with subject_of(linear(torch.tensor([2, 1, 4, 3], dtype=F64)), x) as subject:
        subject.players = uneven([2, 4], 4)
        for tolerance, expected in ((0.0, [2, 4]), (0.34, [1, 2])):  # of 3, 1 is left; of 10, 3
            got = EffectiveComplexity(tolerance)(subject, judged(subject, shares))
            close(got, torch.tensor(expected, dtype=F64))


@pytest.mark.parametrize(("budget", "expected"), [(2, 100), (3, 50), (5, 50), (11, 40), (101, 31), (5000, 31)])
def test_a_budget_makes_the_answer_coarser(budget, expected):
    weight = (torch.arange(100) < 31).double()
    got = score(
        linear(weight),
        torch.ones(1, 100, dtype=F64),
        weight - torch.arange(100)[None] / 1000,
        budget=budget,
        tolerance=0,
    )
    close(got, torch.tensor([expected], dtype=F64))


class Counted(nn.Module):
    """A sum, and how many rows it was asked about."""

    rows = 0

    def forward(self, x):
        self.rows += len(x)
        return x.sum(1, keepdim=True)


def test_it_stops_when_all_examples_are_done_and_stays_within_the_budget():
    x = torch.zeros(2, 300, dtype=F64)
    x[:, 0] = 1
    asked = {}
    for name, shares in (("good", x), ("bad", 1 - x + torch.arange(300) / 1e4)):
        net = Counted()
        with subject_of(net, x) as subject:
            before = net.rows
            found = EffectiveComplexity(budget=64)(subject, judged(subject, shares))
            asked[name] = net.rows - before
        close(found, torch.full((2,), {"good": 1.0, "bad": 300.0}[name], dtype=F64))
    assert asked["good"] < asked["bad"] <= 2 * 65


def test_fewer_is_better():
    assert (EffectiveComplexity.better, EffectiveComplexity.family) == ("lower", "complexity")


def test_nothing_is_changed():
    net, x, shares = seeded(nn.Linear(4, 1)), normal(2, 4), normal(2, 4, seed=1)
    before = shares.clone()
    score(net, x, shares)
    assert torch.equal(shares, before)
