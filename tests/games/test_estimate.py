"""What estimators share: prefixes after Ctrl-C, budgets, a single player."""

import pytest
import torch

from known import interrupted, unanimity
from vitrail.errors import BadSetting
from vitrail.games.estimate import check_budget, ends, played, single

close = torch.testing.assert_close
SOME = torch.rand(7, 4, generator=torch.Generator().manual_seed(0)) < 0.5


def test_worths_of_one_game_and_of_several_have_a_column_for_each():
    game, _ = unanimity(4, games=3)
    close(played(game, SOME, 1)[1], game(SOME))
    close(played(lambda c: game(c)[:, 0].float(), SOME, 1)[1], game(SOME)[:, :1].float().double())


def test_after_ctrl_c_the_coalitions_are_those_that_were_evaluated():
    game, _ = unanimity(4)
    seen, worth = played(interrupted(game, 5), SOME, 5)
    assert torch.equal(seen, SOME[:5])
    close(worth, game(SOME[:5]))


def test_too_few_of_them_say_nothing():
    game, _ = unanimity(4)
    with pytest.raises(KeyboardInterrupt):
        played(interrupted(game, 4), SOME, 5)


def test_the_ends_are_nobody_and_everybody():
    assert ends(3).tolist() == [[False] * 3, [True] * 3]


def test_a_budget_that_is_too_small_is_told_the_least():
    check_budget("odd-shap", 4, 4, 9)
    with pytest.raises(BadSetting, match=r"budget=3 is too small for 9 players\. At least 4 evaluations"):
        check_budget("odd-shap", 3, 4, 9)


def test_a_single_player_gets_everything():
    got = single(torch.tensor([[1.0, -2.0], [4.0, 5.0]]))
    assert got.values.tolist() == [[3.0], [7.0]]
    assert got.error.tolist() == [[0.0], [0.0]]
    assert (got.none.tolist(), got.coalitions) == ([1.0, -2.0], 2)
