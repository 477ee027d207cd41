"""Bars and swarms: lengths, intervals, places and colours of what is drawn."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

from vitrail.plot.colour import colormap
from vitrail.plot.ranking import UNORDERED, interval, place, spread


def names(axes):
    return [t.get_text() for t in axes.get_yticklabels()]


def dots(axes):
    """The dots of each row from top to bottom: (places, faces)."""
    return [(c.get_offsets().data, c.get_facecolors()) for c in axes.collections if len(c.get_offsets()) > 1]


def test_bars_are_mean_sizes_largest_first(make):
    values = np.array([[1.0, -4.0, 0.5], [-3.0, 2.0, 0.5]])
    figure = make["shares"](values, names="abc").plot(style="bar")
    axes = figure.axes[0]
    assert names(axes) == ["b", "a", "c"]
    assert_allclose([b.get_width() for b in axes.patches], [3, 2, 0.5])
    assert axes.get_xlim()[0] == 0
    half = 1.96 * np.array([np.sqrt(2), np.sqrt(2), 0]) / np.sqrt(2)
    (lines,) = axes.containers[-1].lines[2]
    assert_allclose([np.ptp(part[:, 0]) / 2 for part in lines.get_segments()], half)
    assert "2 examples" in axes.get_xlabel()


def test_a_single_example_has_no_interval(make):
    axes = make["shares"]([[1.0, -4.0]]).plot(style="bar").axes[0]
    assert [t.get_text() for t in axes.texts] == ["4", "1"]
    assert "1 example" in axes.get_xlabel()
    assert "interval" not in axes.get_xlabel()


def test_the_interval_holds_the_mean_as_often_as_it_says():
    samples = np.random.default_rng(0).exponential(size=(4000, 100))
    inside = [abs(s.mean() - 1) <= interval(s[:, None])[0] for s in samples]
    assert 0.92 < np.mean(inside) < 0.96  # 90 and 99 % intervals lie outside


def test_others_together_are_the_sum_of_sizes(make):
    values = np.random.default_rng(0).normal(size=(4, 9))
    axes = make["shares"](values).plot(style="bar", top=3).axes[0]
    sizes = np.abs(values).mean(0)
    assert names(axes)[-1] == "6 others together"
    assert_allclose(axes.patches[-1].get_width(), np.sort(sizes)[:6].sum())


def test_a_dot_for_each_example_in_its_row(make):
    answer = make["shares"](np.random.default_rng(0).normal(size=(30, 3)) * [1, 3, 2], names="abc")
    axes = answer.plot(style="beeswarm").axes[0]
    assert names(axes) == ["b", "c", "a"]
    for row, (column, (placed, _)) in enumerate(zip((1, 2, 0), dots(axes), strict=True)):
        assert_allclose(placed[:, 0], answer.values[:, column])
        assert np.abs(placed[:, 1] - row).max() <= 0.42


def test_dots_take_the_colour_of_their_own_value(make):
    seen = np.tile(np.linspace(0, 10, 30)[:, None], (1, 2))
    answer = make["shares"](np.random.default_rng(0).normal(size=(30, 2)), seen=seen)
    figure = answer.plot(style="beeswarm")
    figure.draw_without_rendering()
    for _, faces in dots(figure.axes[0]):
        assert_allclose(faces[0], colormap("value")(0.0), atol=0.01)
        assert_allclose(faces[-1], colormap("value")(1.0), atol=0.01)
        assert_allclose(faces[15], colormap("value")(0.52), atol=0.03)


def test_what_has_no_order_is_grey(make):
    answer = make["census"](np.random.default_rng(0).normal(size=(2, 3)))
    figure = answer.plot(style="beeswarm")
    figure.draw_without_rendering()
    greys = [bool((faces == to_rgba(UNORDERED)).all()) for _, faces in dots(figure.axes[0])]
    assert sorted(greys) == [False, False, True]
    assert greys[names(figure.axes[0]).index("work")]
    assert "grey" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize("count", [1, 2, 40, 400])
def test_dots_of_one_place_leave_the_middle_and_stay_in_their_row(count):
    moved = spread(np.zeros(count), 1.0)
    assert len(np.unique(moved.round(12))) == count
    assert np.abs(moved).max() <= 0.42 + 1e-12
    assert abs(moved.mean()) < 0.1


def test_dots_far_apart_stay_in_the_middle():
    assert_allclose(spread(np.array([-1.0, 0.0, 1.0]), 2.0), 0)


def test_the_place_between_low_and_high():
    assert_allclose(place(np.array([5.0, 5.0])), 0.5)
    assert_allclose(place(np.array([0.0, 0.0, 0.0, 1.0])), [0, 0, 0, 1])
    far = place(np.r_[np.linspace(0, 1, 100), 1000.0])
    assert 0.4 < far[50] < 0.6  # an outlier does not take all the colours
    assert far[-1] == 1
    assert_allclose(place(np.array([0.0, np.nan, 1.0]))[[0, 2]], [0, 1])
    assert_allclose(place(np.array([np.nan, np.nan])), 0.5)


def test_many_columns_with_long_names_are_whole(make):
    long = [f"a column with a very long name that goes on and on {i}" for i in range(50)]
    figure = make["shares"](np.random.default_rng(0).normal(size=(40, 50)), names=long).plot(style="beeswarm", top=50)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [t.get_window_extent() for t in axes.get_yticklabels()]
    assert len(boxes) == 50
    assert min(b.x0 for b in boxes) >= 0
    rows = sorted(boxes, key=lambda b: b.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in zip(rows, rows[1:], strict=False))
