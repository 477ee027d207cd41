"""Enumeration: the definition, whatever the size of blocks, and a clear word where there are too many coalitions."""

import pytest
import torch

from known import additive, by_orders, counted, interrupted, normal, trained, unanimity
from vitrail.errors import BadSetting
from vitrail.games.exact import coalitions_of, exact_shapley, shapley_weights

close = torch.testing.assert_close


@pytest.mark.parametrize("players", [1, 2, 3, 6])
def test_games_of_unanimity(players):
    game, shares = unanimity(players, games=3)
    got = exact_shapley(game, players)
    close(got.values, shares)
    close(got.none, torch.full((3,), 3.0, dtype=torch.float64))
    assert torch.equal(got.error, torch.zeros_like(shares))


def test_by_all_orders():
    game = lambda c: (c.double() @ normal(5, 2)).tanh()  # noqa: E731
    close(exact_shapley(game, 5).values, by_orders(game, 5))


def test_a_trained_network():
    game, shares = trained()
    assert shares.abs().max() > 1
    close(exact_shapley(game, 10).values, shares)


@pytest.mark.parametrize("at_once", [1, 7, 2**22])
def test_blocks_do_not_matter_and_nothing_is_asked_twice(at_once, monkeypatch):
    monkeypatch.setattr("vitrail.games.exact.AT_ONCE", at_once)
    game, shares = unanimity(6, games=2)
    game, asked = counted(game)
    got = exact_shapley(game, 6)
    close(got.values, shares)
    assert sum(asked) == got.coalitions == 64
    assert max(asked) <= max(2, at_once // 2)


def test_a_huge_constant_takes_only_the_digits_of_the_game_itself():
    game, shares = unanimity(8)
    close(exact_shapley(lambda c: game(c) + 1e9, 8).values, shares, atol=1e-6, rtol=0)
    whole = torch.arange(1.0, 9, dtype=torch.float64)  # worths that are numbers to the last bit
    close(exact_shapley(additive(whole, 2.0**45), 8).values[0], whole, atol=1e-10, rtol=0)


def test_a_game_that_is_worth_nothing():
    assert exact_shapley(lambda c: torch.zeros(len(c)), 4).values.abs().max() == 0


def test_additive_games():
    weights = normal(9)
    close(exact_shapley(additive(weights, -2), 9).values[0], weights)


def test_a_game_alone_gets_the_same_bytes():
    game, _ = unanimity(7, games=5)
    together = exact_shapley(game, 7).values
    assert torch.equal(exact_shapley(lambda c: game(c)[:, 3], 7).values[0], together[3])


def test_every_code_is_another_coalition():
    listed = coalitions_of(torch.arange(32), 5)
    assert len(listed.unique(dim=0)) == 32
    assert not listed[0].any()
    assert listed[31].all()
    close(shapley_weights(listed).sum(0), torch.zeros(5, dtype=torch.float64))


def test_after_ctrl_c_nothing_can_be_said():
    for after in (1, 20):
        with pytest.raises(KeyboardInterrupt):
            exact_shapley(interrupted(unanimity(6)[0], after), 6)


@pytest.mark.parametrize("players", [31, 200])
def test_too_many_players_are_refused_before_anything_is_evaluated(players):
    game, asked = counted(unanimity(3)[0])
    with pytest.raises(BadSetting, match=f"{2**players} coalitions.*'odd-shap' or 'kernel-shap'"):
        exact_shapley(game, players)
    assert asked == []
