"""Where methods stand, and the digits that are known."""

import math

import pytest

from leaderboards import leaderboard
from vitrail.plot.standing import Standing, best_first, figures, fixed, leaders, standings, to_beat


def standing(mean, low=math.nan, high=math.nan, rank=1, name="m"):
    return Standing(name, 0, mean, low, high, rank, 4)


def test_what_is_read_off():
    rows = standings(leaderboard(), 1)
    assert [row.name for row in rows] == ["good", "even", "bad", "random", "edge"]
    assert [row.place for row in rows] == [0, 1, 2, 3, 4]
    assert (rows[2].mean, rows[2].low, rows[2].high, rows[2].rank, rows[2].scored) == (0.9, 0.88, 0.92, 4, 4)
    assert [row.control for row in rows] == [False, False, False, True, True]


def test_by_rank_then_by_mean():
    board = leaderboard()
    assert [row.name for row in best_first(standings(board, 0), "higher")] == ["good", "even", "edge", "bad", "random"]
    assert [row.name for row in best_first(standings(board, 1), "lower")] == ["good", "even", "edge", "bad", "random"]
    tied = [standing(1.0, 0, 2, name="one"), standing(2.0, 1, 3, name="two")]
    assert [row.name for row in best_first(tied, "higher")] == ["two", "one"]
    assert [row.name for row in best_first(tied, "lower")] == ["one", "two"]


def test_who_has_no_interval_has_no_rank_and_comes_last():
    board = leaderboard(missing={(0, 0): 4, (1, 0): 3, (2, 0): 1})
    rows = {row.name: row for row in standings(board, 0)}
    assert [rows[name].rank for name in ("good", "even", "bad")] == [None, None, 3]
    assert [rows[name].scored for name in ("good", "even", "bad")] == [0, 1, 3]
    assert [row.name for row in best_first(list(rows.values()), "higher")][-2:] == ["even", "good"]
    assert leaders(list(rows.values())) == {"bad", "edge"}


def test_the_best_rank_may_be_shared():
    assert leaders(standings(leaderboard(), 0)) == {"good", "even"}
    assert leaders([standing(1.0, rank=None)]) == set()


def test_the_better_control_is_to_beat():
    assert to_beat(standings(leaderboard(), 0), "higher") == 1.5
    assert to_beat(standings(leaderboard(), 1), "lower") == 0.5
    assert to_beat(standings(leaderboard(missing={(4, 1): 4}), 1), "lower") == 0.95
    assert to_beat([standing(1.0)], "lower") is None


@pytest.mark.parametrize(
    ("mean", "low", "high", "told"),
    [
        (9.5632, 9.2, 9.9, ("9.56", "[9.20, 9.90]")),  # half is 0.35: two figures of it
        (0.7713, 0.7, 0.9, ("0.77", "[0.70, 0.90]")),
        (11233.0, 8712.0, 13914.0, ("11\u202f200", "[8\u202f700, 13\u202f900]")),
        (-0.001, -0.3, 0.3, ("0.00", "[-0.30, 0.30]")),  # not "-0.00"
        (1.0, 1.0, 1.0, ("1.000", "[1.000, 1.000]")),  # nothing is chance: four figures
        (1.0, 1.0 - 1e-15, 1.0, ("1.000", "[1.000, 1.000]")),
        (0.0, 0.0, 0.0, ("0.000", "[0.000, 0.000]")),
        (1.2e-7, 1e-7, 1.4e-7, ("1.20e-07", "[1.00e-07, 1.40e-07]")),
        (0.25, math.nan, math.nan, ("0.25", "")),
        (math.nan, math.nan, math.nan, ("–", "")),
    ],
)
def test_digits_that_are_known(mean, low, high, told):
    assert figures(standing(mean, low, high)) == told


def test_digits_before_the_point_may_be_chance():
    assert fixed(1249.0, -2) == "1\u202f200"
