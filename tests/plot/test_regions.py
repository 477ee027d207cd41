"""Where players lie: values on their places, outlines between regions."""

import numpy as np
from numpy.testing import assert_array_equal

from vitrail.plot.regions import crowded, laid_of, outlined, parts_of, spread


def test_each_place_has_the_value_of_its_player(make):
    answer = make["regions"]()
    laid = laid_of(answer)
    assert (laid.part.form, laid.part.palette) == ("picture", "signed")
    expected = np.zeros((2, 8, 8))
    for i in range(2):
        for row, column in np.ndindex(8, 8):
            player = answer.arrays["players"][i, row, column]
            expected[i, row, column] = 0 if player < 0 else answer.values[i, player]
    assert_array_equal(laid.part.values, expected)
    assert_array_equal(laid.part.picture, answer.arrays["picture"])
    assert_array_equal(laid.labels, answer.arrays["players"])


def test_the_players_of_one_example_may_hold_for_all(make):
    answer = make["regions"]()
    once = {**answer.arrays, "players": answer.arrays["players"][:1]}
    laid = laid_of(type(answer)(**{**vars(answer), "arrays": once}))
    assert_array_equal(laid.part.values[1], spread(answer.values[1:], once["players"])[0])


def test_sentences_colour_their_tokens(make):
    laid = laid_of(make["sentences"]())
    assert (laid.part.form, laid.labels) == ("token", None)
    assert_array_equal(laid.part.values, [[0, 1.5, 1.5, 1.5, -0.5, -0.5, 0]])


def test_steps_have_the_value_of_their_window(make):
    answer = make["any"](
        "players", values=np.array([[1.0, 2.0]]), axes=("batch", "player"), arrays={"players": np.array([[0, 0, 1]])},
        more_axes={"players": ("batch", "step")}, batch=1,
    )  # fmt: skip
    assert_array_equal(laid_of(answer).part.values, [[[1, 1, 2]]])
    assert answer.plot().subfigs[0].axes[0].get_xlabel() == ""


def test_players_that_lie_nowhere(make):
    answer = make["any"]("players", values=np.ones((2, 3)), axes=("batch", "player"))
    assert laid_of(answer) is None
    assert parts_of(answer) == []
    assert answer.plot().axes[0].tables
    assert "<table" in str(answer.show())


def test_parts_of_other_kinds_are_their_own(make):
    assert [p.form for p in parts_of(make["picture"]())] == ["picture"]
    assert [p.form for p in parts_of(make["regions"]())] == ["picture"]


def test_outlines_lie_between_regions_and_nowhere_else():
    labels = np.repeat(np.repeat([[0, 1], [2, 3]], 4, 0), 4, 1)
    drawn = outlined(np.full((8, 8, 3), 200, np.uint8), labels)
    dark = (drawn != 200).all(-1)
    expected = np.zeros((8, 8), bool)
    expected[4], expected[:, 4] = True, True
    assert_array_equal(dark, expected)


def test_regions_of_single_pixels_have_no_outlines(make):
    assert crowded(np.arange(64).reshape(1, 8, 8))
    assert not crowded(np.repeat([0, 1], 32).reshape(1, 8, 8))
    answer = make["regions"]()
    arrays = {**answer.arrays, "values": np.ones((2, 64)), "players": np.arange(64).reshape(1, 8, 8)}
    assert laid_of(type(answer)(**{**vars(answer), "arrays": arrays})).labels is None
