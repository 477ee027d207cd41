"""Regression-adjusted Shapley values: unbiased, close, honest, within the budget."""

import pytest
import torch

from known import additive, counted, interrupted, normal, trained, unanimity
from vitrail.errors import BadSetting
from vitrail.games.kernel import kernel_shap
from vitrail.games.regression_msr import regression_msr

close = torch.testing.assert_close


def many(game, players, budget, seeds, estimator=regression_msr):
    got = [estimator(game, players, budget, seed) for seed in range(seeds)]
    return torch.stack([g.values for g in got]), torch.stack([g.error for g in got])


@pytest.mark.parametrize("players", [1, 2, 3, 4, 7])
def test_over_all_coalitions_it_is_exact(players):
    game, shares = unanimity(players, games=2)
    got = regression_msr(game, players, 2**players + 5, 0)
    close(got.values, shares, atol=1e-10, rtol=0)
    assert torch.equal(got.error, torch.zeros_like(shares))
    assert got.coalitions == 2**players


@pytest.mark.parametrize("budget", [24, 60, 160])
def test_it_is_unbiased_and_its_standard_error_is_honest(budget):
    game, shares = unanimity(8, terms=30)
    values, error = (found[:, 0] for found in many(game, 8, budget, 120))
    away = (values.mean(0) - shares[0]) / (values.std(0) / 120**0.5)
    assert away.abs().max() < 4
    ratio = error.square().mean() / (values - shares[0]).square().mean()
    assert 0.65 < float(ratio) < 1.6


def test_on_a_trained_network_it_is_unbiased_honest_and_closer_than_a_regression_alone():
    game, shares = trained()
    values, error = many(game, 10, 300, 30)
    away = (values.mean(0) - shares) / (values.std(0) / 30**0.5)
    assert away.abs().max() < 4.5
    off = (values - shares).square().mean()
    assert 0.6 < float(error.square().mean() / off) < 1.7
    assert off < 0.9 * (many(game, 10, 300, 30, kernel_shap)[0] - shares).square().mean()


def test_its_error_falls_at_least_with_the_root_of_the_budget():
    game, shares = unanimity(8, terms=30)
    few, some = (many(game, 8, budget, 60)[0][:, 0] - shares[0] for budget in (30, 120))
    assert some.square().mean() * 4 < few.square().mean()


def test_what_the_regression_can_say_is_nearly_exact():
    weights = normal(9, seed=3)
    close(regression_msr(additive(weights, 100.0), 9, 60, 0).values[0], weights, atol=1e-4, rtol=0)


@pytest.mark.parametrize("budget", [24, 25, 60, 131])
def test_it_never_asks_more_than_the_budget_and_shares_out_everything(budget):
    game, asked = counted(unanimity(8, games=3)[0])
    got = regression_msr(game, 8, budget, 0)
    assert sum(asked) == got.coalitions == budget - budget % 2
    whole = game(torch.ones(1, 8, dtype=torch.bool)) - game(torch.zeros(1, 8, dtype=torch.bool))
    close(got.values.sum(1), whole[0], atol=1e-10, rtol=0)


def test_the_same_seed_gives_the_same_bytes_alone_and_beside_others():
    game, _ = unanimity(7, games=9)
    together = regression_msr(game, 7, 50, 5)
    again, alone = regression_msr(game, 7, 50, 5), regression_msr(lambda c: game(c)[:, 4], 7, 50, 5)
    for name in ("values", "error"):
        assert torch.equal(getattr(again, name), getattr(together, name))
        assert torch.equal(getattr(alone, name)[0], getattr(together, name)[4])
    assert not torch.equal(regression_msr(game, 7, 50, 6).values, together.values)


def test_ctrl_c_gives_what_was_done_so_far_without_bias():
    game, shares = unanimity(8, terms=30)
    got = [regression_msr(interrupted(game, 41), 8, 200, seed) for seed in range(100)]
    assert {g.coalitions for g in got} == {40}
    values = torch.stack([g.values[0] for g in got])
    assert ((values.mean(0) - shares[0]) / (values.std(0) / 100**0.5)).abs().max() < 4
    ratio = torch.stack([g.error for g in got]).square().mean() / (values - shares[0]).square().mean()
    assert 0.6 < float(ratio) < 1.6


def test_a_huge_constant_and_a_game_that_is_worth_nothing():
    game, shares = unanimity(6)
    close(regression_msr(lambda c: game(c) + 1e9, 6, 64, 0).values, shares, atol=1e-5, rtol=0)
    plain, high = (regression_msr(lambda c, by=by: game(c) + by, 6, 40, 0).values for by in (0, 1e9))
    close(high, plain, atol=1e-4, rtol=0)
    nothing = regression_msr(lambda c: torch.zeros(len(c), 2), 6, 30, 0)
    assert nothing.values.abs().max() == nothing.error.abs().max() == 0


def test_a_budget_below_two_pairs_of_every_size_is_refused():
    with pytest.raises(BadSetting, match="At least 24 evaluations"):
        regression_msr(unanimity(8)[0], 8, 23, 0)
    with pytest.raises(BadSetting, match="At least 2 evaluations"):
        regression_msr(unanimity(1)[0], 1, 1, 0)
