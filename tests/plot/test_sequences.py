"""Heat maps and decisions: every number in its place, the order, and what is left out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.plot import sequences
from vitrail.plot.colour import colours, reach
from vitrail.plot.sequences import alike, few, walked
from vitrail.plot.shares import shares_of


def names(axes):
    return [t.get_text() for t in axes.get_yticklabels()]


def test_like_examples_stand_beside_each_other():
    values = np.array([[0.0, 0], [10, 10], [0.1, 0], [10, 10.1], [0.2, 0]])
    assert alike(values, values.sum(1)).tolist() == [0, 2, 4, 1, 3]
    assert sorted(alike(np.random.default_rng(0).normal(size=(50, 3)), np.arange(50))) == list(range(50))


def test_a_heat_map_has_columns_downwards_and_f_of_x_on_top(make):
    answer = make["shares"](np.random.default_rng(0).normal(size=(9, 3)) * [1, 5, 2], names="abc")
    above, below = answer.plot(style="heatmap").axes[:2]
    order = alike(answer.values[:, [1, 2, 0]], answer.checks["target_value"])
    assert names(below) == ["b", "c", "a"]
    shown = answer.values[order][:, [1, 2, 0]].T
    assert_array_equal(below.images[0].get_array(), colours(shown, reach(shown), "signed"))
    assert_allclose(above.lines[0].get_ydata(), answer.checks["target_value"][order])
    assert above.get_ylabel() == "f(x)"


def test_shares_without_a_base_value_have_a_sum(make):
    above = make["column"](np.array([[1.0, -2.0], [0.5, 0.25]]), "ab").plot(style="heatmap").axes[0]
    assert above.get_ylabel() == "sum"
    assert_allclose(above.lines[0].get_ydata(), [-1, 0.75])


def test_lines_lead_from_the_base_value_to_f_of_x(make):
    answer = make["shares"](np.random.default_rng(0).normal(size=(7, 9)))
    axes = answer.plot(style="decision", top=4).axes[0]
    assert names(axes)[0] == "5 others together"
    lines = axes.lines[:7]
    for line, target in zip(lines, answer.checks["target_value"], strict=True):
        assert line.get_xdata()[0] == 0.5
        assert_allclose(line.get_xdata()[-1], target)
        assert_array_equal(line.get_ydata(), range(6))


def test_the_most_important_column_comes_last(make):
    answer = make["shares"]([[1.0, -3.0, 0.5]], names="abc")
    axes = answer.plot(style="decision").axes[0]
    assert names(axes) == ["c", "a", "b"]
    assert_allclose(axes.lines[0].get_xdata(), [0.5, 1, 2, -1])


def test_paths_add_the_columns_from_the_last(make):
    shares = shares_of(make["census"]())
    assert_allclose(walked(shares), [[1, 1.25, 0.25, 0.75], [2, 1.8, 3.8, 3.9]])


@pytest.mark.parametrize("style", ["heatmap", "decision"])
def test_examples_that_are_left_out_are_told(make, monkeypatch, style):
    monkeypatch.setattr(sequences, "MOST", 4)
    monkeypatch.setattr(sequences, "LINES", 4)
    axes = make["shares"]().plot(style=style).axes
    assert any("4 of 6 are shown" in a.get_xlabel() for a in axes)


def test_few_keeps_the_first_and_the_last(make):
    shares = shares_of(make["shares"]())
    assert_array_equal(few(shares, 3).values, shares.values[[0, 2, 5]])
    assert few(shares, 6) is shares


def test_alike_examples_of_one_kind_can_be_drawn(make):
    figure = make["shares"](np.ones((3, 2))).plot(style="decision")
    figure.draw_without_rendering()
    assert len(figure.axes[0].lines) == 4
