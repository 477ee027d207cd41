"""Kernel SHAP: the solution under the constraint, exact with all pairs, honest about its error with some."""

import pytest
import torch

from known import additive, counted, interrupted, normal, trained, unanimity
from vitrail.errors import BadSetting
from vitrail.games.exact import exact_shapley
from vitrail.games.kernel import determining, kernel_shap, spread, unseen_share
from vitrail.games.permutation import permutation_shap
from vitrail.games.sampling import pairs, size_weights

close = torch.testing.assert_close


def many(game, players, budget, seeds):
    """(values, errors), each (seeds, players), of the first game."""
    got = [kernel_shap(game, players, budget, seed) for seed in range(seeds)]
    return torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])


@pytest.mark.parametrize("players", [1, 2, 3, 4, 7])
def test_over_all_coalitions_it_is_exact(players):
    game, shares = unanimity(players, games=2)
    for budget in (2**players, 2**players + 999):
        got = kernel_shap(game, players, budget, 0)
        close(got.values, shares, atol=1e-10, rtol=0)
        assert torch.equal(got.error, torch.zeros_like(shares))
        assert got.coalitions == 2**players


def test_over_all_coalitions_of_a_trained_network_two_routes_agree():
    game, shares = trained()
    close(kernel_shap(game, 10, 1024, 3).values, shares, atol=1e-10, rtol=0)
    close(exact_shapley(game, 10).values, shares, atol=1e-10, rtol=0)


@pytest.mark.parametrize("budget", [12, 20, 33])
def test_it_is_the_regression_under_the_constraint(budget):
    """By Lagrange's multiplier, on coalitions one by one, as the papers write it."""
    players = 6
    game, _ = unanimity(players, games=2)
    got = kernel_shap(game, players, budget, 4)
    chosen, _ = determining(players, (budget - 2) // 2, 4)
    asked, weight = torch.cat([chosen, ~chosen]).double(), size_weights(chosen).repeat(2)
    y = game(asked.bool()) - game(torch.zeros(1, players, dtype=torch.bool))
    whole = (game(torch.ones(1, players, dtype=torch.bool)) - game(torch.zeros(1, players, dtype=torch.bool)))[0]
    ones = torch.ones(players, 1, dtype=torch.float64)
    system = torch.cat([torch.cat([asked.T * weight @ asked, ones], 1), torch.cat([ones.T, 0 * ones[:1]], 1)])
    right = torch.cat([asked.T * weight @ y, whole[None]])
    close(got.values, torch.linalg.solve(system, right)[:players].T)


@pytest.mark.parametrize("players", range(2, 15))
def test_the_least_budget_determines_additive_games(players):
    weights = normal(players, seed=players)
    for seed in range(5):
        got = kernel_shap(additive(weights, 5.0), players, 2 * players, seed)
        close(got.values[0], weights, atol=1e-8, rtol=0)
        assert got.coalitions == 2 * players


@pytest.mark.parametrize("budget", [14, 15, 40, 101])
def test_it_never_asks_more_than_the_budget(budget):
    game, asked = counted(unanimity(7)[0])
    got = kernel_shap(game, 7, budget, 0)
    assert sum(asked) == got.coalitions == budget - budget % 2


@pytest.mark.parametrize("budget", [20, 50, 300])
def test_everything_is_shared_out(budget):
    game, shares = trained()
    close(kernel_shap(game, 10, budget, 0).values.sum(1), shares.sum(1), atol=1e-6, rtol=0)


@pytest.mark.parametrize("budget", [50, 110, 220])
def test_its_standard_error_covers(budget):
    game, shares = unanimity(8, terms=30)
    values, error = many(game, 8, budget, 120)
    z = (values - shares[0]) / error
    assert 0.85 < float(z.square().mean().sqrt()) < 1.25
    assert 0.02 < float((z.abs() > 1.96).double().mean()) < 0.11


def test_its_standard_error_covers_on_a_trained_network():
    game, shares = trained()
    values, error = many(game, 10, 120, 100)
    assert 0.8 < float(((values - shares[0]) / error).square().mean().sqrt()) < 1.3


def test_it_is_nearly_unbiased_and_its_error_falls_faster_than_the_budget_grows():
    """Without replacement: sixteen times less squared error would take sixteen times the pairs with replacement."""
    game, shares = unanimity(8, terms=30)
    few, many_ = many(game, 8, 40, 120)[0], many(game, 8, 160, 120)[0]
    away = (many_.mean(0) - shares[0]) / (many_.std(0) / 120**0.5)
    assert away.abs().max() < 4.5
    assert (few - shares[0]).square().mean() > 4 * (many_ - shares[0]).square().mean()


def test_it_is_closer_than_orders_are():
    game, shares = trained()
    off = [
        sum(float((f(game, 10, 120, s).values - shares).square().sum()) for s in range(10))
        for f in (kernel_shap, permutation_shap)
    ]
    assert off[0] < off[1] / 2


def test_the_same_seed_gives_the_same_bytes_alone_and_beside_others():
    game, _ = unanimity(7, games=40)
    together = kernel_shap(game, 7, 40, 5)
    again = kernel_shap(game, 7, 40, 5)
    alone = kernel_shap(lambda c: game(c)[:, 11], 7, 40, 5)
    for name in ("values", "error"):
        assert torch.equal(getattr(again, name), getattr(together, name))
        assert torch.equal(getattr(alone, name)[0], getattr(together, name)[11])
    assert not torch.equal(kernel_shap(game, 7, 40, 6).values, together.values)


def test_many_games_cost_one_factorisation(monkeypatch):
    times, cholesky = [], torch.linalg.cholesky
    monkeypatch.setattr(torch.linalg, "cholesky", lambda *a: times.append(1) or cholesky(*a))
    game, _ = unanimity(9, games=1000)
    kernel_shap(game, 9, 128, 0)
    assert len(times) == 1


def test_ctrl_c_gives_what_was_done_so_far():
    game, shares = trained()
    got = kernel_shap(interrupted(game, 201), 10, 600, 0)
    assert got.coalitions == 200
    full = kernel_shap(game, 10, 600, 0)
    assert (got.error.norm() > full.error.norm()) & (got.values - shares).norm().less(0.5 * shares.norm())
    close(got.values.sum(1), shares.sum(1))


def test_ctrl_c_before_the_values_are_determined_goes_on():
    chosen, least = determining(8, 50, 0)
    assert least >= 7
    game, _ = unanimity(8)
    assert torch.isfinite(kernel_shap(interrupted(game, 2 + 2 * least), 8, 102, 0).values).all()
    with pytest.raises(KeyboardInterrupt):
        kernel_shap(interrupted(game, 1 + 2 * least), 8, 102, 0)


@pytest.mark.parametrize("players", [3, 4, 5, 8, 30])
def test_pairs_are_drawn_that_determine_all_values(players):
    for seed in range(10):
        chosen, least = determining(players, players - 1, seed)
        assert len(chosen) == least == players - 1


def test_where_the_regression_fits_exactly_the_error_is_not_known():
    assert kernel_shap(unanimity(6)[0], 6, 12, 0).error.isnan().all()


def test_a_huge_constant_and_a_game_that_is_worth_nothing():
    game, shares = unanimity(6)
    close(kernel_shap(lambda c: game(c) + 1e9, 6, 64, 0).values, shares, atol=1e-5, rtol=0)
    nothing = kernel_shap(lambda c: torch.zeros(len(c), 2), 6, 30, 0)
    assert nothing.values.abs().max() == nothing.error.abs().max() == 0


def test_many_players_are_no_trouble():
    weights = normal(150, seed=1)
    close(kernel_shap(additive(weights), 150, 400, 0).values[0], weights, atol=1e-8, rtol=0)


def test_a_budget_below_the_unknowns_is_refused():
    with pytest.raises(BadSetting, match="At least 16 evaluations"):
        kernel_shap(unanimity(8)[0], 8, 15, 0)


def test_the_spread_is_that_of_draws_without_replacement():
    """Of two sizes, three of five and all of two: the variance over all samples, by listing them."""
    parts = normal(7, 1, seed=2)
    half = torch.tensor([1] * 5 + [2] * 2)
    samples = torch.combinations(torch.arange(5), 3)
    sums = torch.stack([parts[s].sum() * 5 / 3 for s in samples])
    estimates = []
    for s in samples:
        drawn = torch.cat([s, torch.tensor([5, 6])])
        unseen = torch.tensor([0.4] * 3 + [0.0] * 2, dtype=torch.float64)
        raised = parts[drawn] * torch.tensor([5 / 3] * 3 + [1.0] * 2, dtype=torch.float64)[:, None]
        estimates.append(spread(raised, unseen, half[drawn])[0] ** 2)
    close(torch.stack(estimates).mean(), sums.var(correction=0))


def test_the_unseen_share_of_every_size():
    chosen = pairs(6, 20, torch.Generator().manual_seed(0))
    unseen, half = unseen_share(chosen)
    there = {1: 6, 2: 15, 3: 10}
    for size, number in there.items():
        drawn = int((half == size).sum())
        close(unseen[half == size], torch.full((drawn,), 1 - drawn / number, dtype=torch.float64))
