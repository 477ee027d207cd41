"""Predicted numbers beside true ones."""

import numpy as np
from matplotlib.figure import Figure

from evaluations import residues
from vitrail.plot.residuals import MOST, draw_predicted, draw_residuals, draw_spread, thinned


def drawn(draw, output=1):
    axes = Figure().subplots()
    draw(axes, residues(2), output)
    return axes


def test_the_dots_are_those_of_the_output_that_was_asked_for():
    answer = residues(2)
    dots = drawn(draw_predicted).collections[0].get_offsets()
    np.testing.assert_allclose(dots, np.stack([answer.arrays["truth"][:, 1], answer.arrays["predicted"][:, 1]], 1))
    left = drawn(draw_residuals).collections[0].get_offsets()
    np.testing.assert_allclose(left, np.stack([answer.arrays["predicted"][:, 1], answer.values[:, 1]], 1))
    assert "y1" in drawn(draw_predicted).get_title("left")


def test_on_the_line_the_prediction_is_right():
    (line,) = drawn(draw_predicted).lines
    np.testing.assert_array_equal(*line.get_data())


def test_every_residual_is_counted():
    assert sum(bar.get_height() for bar in drawn(draw_spread).patches) == 50


def test_of_very_many_examples_every_so_many_are_drawn():
    assert len(thinned(np.arange(10 * MOST + 1))) <= MOST
    assert len(thinned(np.arange(MOST))) == MOST
