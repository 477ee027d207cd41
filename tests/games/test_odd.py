"""odd-shap: exact with all pairs, closer than a regression with some, honest about how far off it is."""

import pytest
import torch

from known import by_orders, counted, interrupted, normal, smooth, unanimity
from vitrail.errors import BadSetting
from vitrail.games.odd import odd_shap, on_one_thread
from vitrail.games.permutation import permutation_shap

close = torch.testing.assert_close


def network(players, seed=0):
    """A real network as a game: players are put to a baseline of zeros."""
    net, x = smooth(players, 16, 1, seed=seed), normal(players, seed=seed + 1)

    def game(coalitions):
        with torch.no_grad():
            return net(torch.where(coalitions, 2 * x, torch.zeros_like(x)))

    return game


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_with_all_pairs_it_is_exact(players):
    game, shares = unanimity(players, games=2)
    got = odd_shap(game, players, 2**players, 0)
    close(got.values, shares)
    assert got.error.abs().max() == 0
    assert got.coalitions == 2**players


def test_a_budget_above_all_coalitions_is_not_used_up():
    game, asked = counted(unanimity(5)[0])
    assert odd_shap(game, 5, 1000, 0).coalitions == sum(asked) == 32


@pytest.mark.parametrize("budget", [4, 5, 20, 33, 101])
def test_it_never_asks_more_than_the_budget(budget):
    game, asked = counted(unanimity(8)[0])
    got = odd_shap(game, 8, budget, 0)
    assert sum(asked) == got.coalitions == budget - budget % 2


def test_additive_games_are_found_with_more_pairs_than_players():
    weights = normal(9, seed=3)
    got = odd_shap(lambda c: c.double() @ weights + 100, 9, 60, 0)
    close(got.values[0], weights, atol=1e-3, rtol=0)


@pytest.mark.parametrize("budget", [10, 64, 200])
def test_everything_is_shared_out(budget):
    game = network(10)
    got = odd_shap(game, 10, budget, 0)
    whole = game(torch.ones(1, 10, dtype=torch.bool)) - game(torch.zeros(1, 10, dtype=torch.bool))
    close(got.values.sum(), whole[0, 0], atol=1e-10, rtol=0)


def test_everything_is_shared_out_of_a_game_that_nobody_could_learn():
    """Each coalition's worth is a random number of its own."""
    table = normal(2**9, seed=8)
    got = odd_shap(lambda c: table[(c.long() << torch.arange(9)).sum(1)], 9, 40, 0)
    close(got.values.sum(), table[-1] - table[0], atol=1e-10, rtol=0)


def test_on_networks_it_is_far_closer_than_orders_are():
    closer = []
    for seed in range(5):
        game = network(9, seed)
        exact = odd_shap(game, 9, 512, 0).values
        ours, theirs = (f(game, 9, 130, seed).values - exact for f in (odd_shap, permutation_shap))
        closer.append(float(theirs.norm() / ours.norm()))
    assert sorted(closer)[2] > 4


def test_its_standard_error_is_about_how_far_off_it_is():
    away = []
    for seed in range(12):
        game = network(9, seed)
        got = odd_shap(game, 9, 100, seed)
        away.append((got.values - odd_shap(game, 9, 512, 0).values) / got.error)
    assert 0.5 < float(torch.stack(away).square().mean().sqrt()) < 2


def test_the_error_falls_with_the_budget_and_vanishes_at_the_end():
    game = network(8)
    exact = by_orders_of_eight(game)
    off = [float((odd_shap(game, 8, budget, 1).values - exact).norm()) for budget in (16, 40, 120, 256)]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 1e-12


def by_orders_of_eight(game):
    """The definition by coalitions: 8 players have 40,320 orders."""
    from math import factorial

    codes = torch.arange(256)
    there = codes[:, None] >> torch.arange(8) & 1 == 1
    worth, size = game(there)[:, 0], there.sum(1)
    weight = torch.tensor([factorial(s) * factorial(7 - s) / factorial(8) for s in range(8)], dtype=worth.dtype)
    shares = [((worth[codes | 1 << i] - worth) * weight[size.clamp(max=7)])[~there[:, i]].sum() for i in range(8)]
    return torch.stack(shares)[None]


def test_the_same_seed_gives_the_same_bytes_and_games_do_not_disturb_each_other():
    game, _ = unanimity(7, games=3)
    together = odd_shap(game, 7, 40, 5)
    assert torch.equal(odd_shap(game, 7, 40, 5).values, together.values)
    for i in range(3):
        alone = odd_shap(lambda c, i=i: game(c)[:, i : i + 1].contiguous(), 7, 40, 5)
        assert torch.equal(alone.values[0], together.values[i])
    assert not torch.equal(odd_shap(game, 7, 40, 6).values, together.values)


def test_ctrl_c_gives_what_was_done_so_far():
    game = network(8)
    got = odd_shap(interrupted(game, 61), 8, 200, 0)
    assert got.coalitions == 60
    close(got.values, by_orders_of_eight(game), atol=0.05, rtol=0)
    assert (got.error > odd_shap(game, 8, 200, 0).error).all()


def test_a_game_that_is_worth_nothing_gives_nothing():
    got = odd_shap(lambda c: torch.zeros(len(c), 2), 6, 20, 0)
    assert got.values.abs().max() == 0
    assert got.error.abs().max() == 0


def test_a_huge_constant_takes_only_its_digits():
    game, shares = unanimity(6)
    got = odd_shap(lambda c: game(c) + 1e9, 6, 64, 0)
    close(got.values, shares, atol=1e-5, rtol=0)


def test_many_players_are_no_trouble():
    weights = normal(120, seed=1)
    got = odd_shap(lambda c: c.double() @ weights, 120, 400, 0)
    close(got.values[0], weights, atol=0.05, rtol=0)


def test_orders_and_pairs_agree():
    game, shares = unanimity(5)
    close(by_orders(game, 5), odd_shap(game, 5, 32, 0).values)


def test_the_number_of_threads_is_left_as_it_was():
    before = torch.get_num_threads()
    odd_shap(unanimity(6)[0], 6, 20, 0)
    with on_one_thread():
        inside = torch.get_num_threads()
    assert inside == 1
    assert torch.get_num_threads() == before


def test_two_ends_are_too_little():
    with pytest.raises(BadSetting, match="At least 4 evaluations"):
        odd_shap(unanimity(5)[0], 5, 3, 0)
