"""Curves of deletion and insertion."""

import numpy as np

from leaderboards import LEAST, METHODS, MOST, leaderboard
from vitrail.plot.colour import class_colour
from vitrail.plot.drawing import NEUTRAL
from vitrail.plot.removal import curves_of, draw_removal


def test_deletion_goes_forwards_and_insertion_backwards():
    found = curves_of(leaderboard())
    assert list(found) == ["most", "least"]
    np.testing.assert_allclose(found["most"][0], MOST)
    np.testing.assert_allclose(found["least"][1], np.array(LEAST)[::-1] + 1)
    assert curves_of(leaderboard(curves=False)) == {}


def test_a_line_for_each_method_over_the_share():
    figure = draw_removal(leaderboard(), "least")
    (axes,) = figure.axes
    assert len(axes.lines) == 5
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [0, 0.5, 1])
    np.testing.assert_allclose(axes.lines[0].get_ydata(), LEAST[::-1])
    assert "higher is better" in axes.get_title(loc="left")
    assert "put in" in axes.get_xlabel()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(METHODS)


def test_deletion_says_that_low_is_good():
    (axes,) = draw_removal(leaderboard(), "most").axes
    assert "lower is better" in axes.get_title(loc="left")
    assert "taken away" in axes.get_xlabel()


def test_controls_are_grey_and_dashed_each_in_its_way():
    lines = draw_removal(leaderboard(), "most").axes[0].lines
    assert [line.get_color() for line in lines] == [*map(class_colour, range(3)), NEUTRAL, NEUTRAL]
    styles = [line.get_linestyle() for line in lines]
    assert styles[:3] == ["-"] * 3
    assert "-" not in styles[3:]
    assert len(set(styles[3:])) == 2
