"""LIME: additive games exactly, other games by a slow weighted regression, honest standard errors."""

import itertools
import math

import pytest
import torch

from known import counted, interrupted, unanimity
from vitrail.errors import BadSetting
from vitrail.games.lime import determining, lime

close = torch.testing.assert_close
GAME, _ = unanimity(6, terms=30, games=2)


def slowly(game, inside, width):
    """(coefficients, r2): normal equations over listed coalitions, written out."""
    players = inside.shape[1]
    rows = [[1.0, *each] for each in inside.double().tolist()]
    weights = [math.exp(-((1 - math.sqrt(sum(row[1:]) / players)) ** 2) / width**2) for row in rows]
    worth = game(inside).reshape(len(rows), -1)[:, 0].tolist()
    normal, right = torch.zeros(players + 1, players + 1).double(), torch.zeros(players + 1).double()
    for row, w, y in zip(rows, weights, worth, strict=True):
        for i, j in itertools.product(range(players + 1), repeat=2):
            normal[i, j] += w * row[i] * row[j]
        for i in range(players + 1):
            right[i] += w * row[i] * y
    found = torch.linalg.solve(normal, right)
    said = [sum(a * b for a, b in zip(row, found.tolist(), strict=True)) for row in rows]
    mean = sum(w * y for w, y in zip(weights, worth, strict=True)) / sum(weights)
    left = sum(w * (y - s) ** 2 for w, y, s in zip(weights, worth, said, strict=True))
    return found, 1 - left / sum(w * (y - mean) ** 2 for w, y in zip(weights, worth, strict=True))


def everyone(players):
    return torch.tensor(list(itertools.product([False, True], repeat=players)))


@pytest.mark.parametrize(("players", "budget"), [(1, 2), (2, 3), (5, 6), (5, 20), (20, 40)])
def test_additive_games_are_found_as_they_are(players, budget):
    weights = torch.arange(1.0, players + 1).double()
    got = lime(lambda c: c.double() @ weights + 7, players, budget, 0, 0.25)
    close(got.values, weights[None])
    close(got.none, torch.tensor([7.0]).double())
    close(got.checks["r2"], torch.ones(1).double())


@pytest.mark.parametrize("width", [0.1, 0.25, 3.0])
def test_all_coalitions_by_a_slow_regression(width):
    got = lime(GAME, 6, 64, 0, width)
    found, r2 = slowly(GAME, everyone(6), width)
    close(got.values[0], found[1:])
    close(got.none[0], found[0])
    close(float(got.checks["r2"][0]), r2)
    assert 0.1 < r2 < 0.999
    assert got.coalitions == 64
    assert (got.error == 0).all()


def test_some_coalitions_by_a_slow_regression():
    inside, _ = determining(6, 20, 3)
    assert inside[0].all()
    assert len({tuple(each) for each in inside.tolist()}) == 20
    close(lime(GAME, 6, 20, 3, 0.25).values[0], slowly(GAME, inside, 0.25)[0][1:])


def test_it_goes_to_all_coalitions_and_its_standard_error_is_honest():
    exact = lime(GAME, 6, 64, 0, 0.25).values[0]
    got = [lime(GAME, 6, 40, seed, 0.25) for seed in range(300)]
    values, errors = torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])
    bias = (values.mean(0) - exact).abs() / values.std(0)
    assert bias.max() < 0.35  # a ratio of sums is only nearly unbiased
    close(errors.square().mean(0).sqrt(), values.std(0), rtol=0.25, atol=0)


def test_many_players_are_drawn_with_honest_errors():
    game, _ = unanimity(18, terms=60)
    got = [lime(game, 18, 150, seed, 0.25) for seed in range(100)]
    values, errors = torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])
    ratio = errors.square().mean(0).sqrt() / values.std(0)
    assert 0.8 < ratio.mean() < 1.25


def test_as_many_coalitions_as_coefficients_leave_no_error_to_know():
    assert lime(GAME, 6, 7, 0, 0.25).error.isnan().all()


def test_a_game_that_is_always_worth_the_same_is_imitated_well():
    got = lime(lambda c: torch.full((len(c),), 3.7).double(), 5, 20, 0, 0.25)
    close(got.values, torch.zeros(1, 5).double(), rtol=0, atol=1e-12)
    assert got.checks["r2"].tolist() == [1.0]


@pytest.mark.parametrize(("players", "budget"), [(4, 5), (4, 9), (4, 100), (20, 33)])
def test_it_never_asks_more_than_the_budget_nor_one_coalition_twice(players, budget):
    game, asked = counted(unanimity(players)[0])
    got = lime(game, players, budget, 0, 0.25)
    assert sum(asked) == got.coalitions == min(budget, 2**players)


def test_ctrl_c_gives_the_regression_of_what_was_done():
    got = lime(interrupted(GAME, 30), 6, 60, 0, 0.25)
    inside, least = determining(6, 60, 0)
    close(got.values[0], slowly(GAME, inside[:30], 0.25)[0][1:])
    assert got.coalitions == 30
    assert 7 <= least < 30
    with pytest.raises(KeyboardInterrupt):
        lime(interrupted(GAME, least - 1), 6, 60, 0, 0.25)


def test_a_budget_below_the_coefficients_is_refused():
    with pytest.raises(BadSetting, match="lime: budget=6 is too small for 6 players. At least 7 evaluations"):
        lime(GAME, 6, 6, 0, 0.25)


def test_a_kernel_that_sees_only_x_is_refused():
    with pytest.raises(BadSetting, match="lime: width=0.001 is so narrow that too few coalitions count"):
        lime(unanimity(20)[0], 20, 60, 0, 0.001)
