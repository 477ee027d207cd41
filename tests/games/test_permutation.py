"""Permutation SHAP: exact where it must be, unbiased, within its standard error, never above its budget."""

import pytest
import torch

from known import by_orders, counted, interrupted, unanimity
from vitrail.errors import BadSetting
from vitrail.games.permutation import permutation_shap

close = torch.testing.assert_close


def test_games_of_unanimity_are_shared_evenly():
    game, shares = unanimity(5, games=2)
    close(by_orders(game, 5), shares)  # the maker of games is right itself


@pytest.mark.parametrize("players", [1, 2, 5])
def test_additive_games_are_exact_with_a_single_pair_of_orders(players):
    weights = torch.arange(1.0, players + 1).double()
    got = permutation_shap(lambda c: c.double() @ weights + 7, players, max(2, 2 * players), 0)
    close(got.values, weights[None])
    close(got.none, torch.tensor([7.0], dtype=torch.float64))


def test_two_players_are_exact_since_both_orders_are_walked():
    game, shares = unanimity(2, games=3)
    close(permutation_shap(game, 2, 4, 0).values, shares)


def test_pairwise_games_are_exact_since_orders_come_in_pairs():
    generator = torch.Generator().manual_seed(1)
    between = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    got = permutation_shap(lambda c: ((c.double() @ between) * c).sum(1), 6, 12, 0)
    close(got.values[0], (between.sum(0) + between.sum(1)) / 2)


def test_it_is_unbiased_and_its_standard_error_is_honest():
    game, shares = unanimity(6, terms=30)
    got = [permutation_shap(game, 6, 102, seed) for seed in range(300)]
    values, errors = torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])
    away = (values.mean(0) - shares[0]) / (values.std(0) / 300**0.5)
    assert away.abs().max() < 4
    close(errors.square().mean(0).sqrt(), values.std(0), rtol=0.15, atol=0)


def test_the_error_falls_with_the_root_of_the_budget():
    game, shares = unanimity(6, terms=30)
    few, many = ([permutation_shap(game, 6, b, s).values[0] for s in range(60)] for b in (42, 642))
    ratio = (torch.stack(few) - shares[0]).square().mean() / (torch.stack(many) - shares[0]).square().mean()
    assert 16 / 1.6 < ratio < 16 * 1.6


@pytest.mark.parametrize("budget", [8, 9, 13, 14, 100])
def test_it_never_asks_more_than_the_budget_and_says_what_it_asked(budget):
    game, asked = counted(unanimity(4)[0])
    got = permutation_shap(game, 4, budget, 0)
    assert sum(asked) == got.coalitions <= budget
    assert got.coalitions > budget - 6


def test_everything_is_shared_out():
    game, _ = unanimity(7, games=4)
    got = permutation_shap(game, 7, 40, 0)
    whole = game(torch.ones(1, 7, dtype=torch.bool))[0] - game(torch.zeros(1, 7, dtype=torch.bool))[0]
    close(got.values.sum(1), whole)


def test_ctrl_c_gives_what_was_done_so_far():
    game, _ = unanimity(5)
    stopped = permutation_shap(interrupted(game, 30), 5, 200, 0)
    assert stopped.coalitions == 26
    assert torch.isfinite(stopped.error).all()
    # the orders of a longer plan are not those of a shorter one: the plan is drawn at once
    first = permutation_shap(lambda c: game(c[:26]), 5, 200, 0)
    close(stopped.values, first.values)


def test_with_a_single_pair_of_orders_the_error_is_not_known():
    assert permutation_shap(unanimity(5)[0], 5, 10, 0).error.isnan().all()


def test_a_budget_below_one_pair_of_orders_is_refused():
    with pytest.raises(BadSetting, match="At least 10 evaluations"):
        permutation_shap(unanimity(5)[0], 5, 9, 0)
