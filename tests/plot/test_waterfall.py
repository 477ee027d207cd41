"""Waterfalls: every bar begins where the one above ends, and the last one ends at f(x)."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vitrail.plot.shares import shares_of
from vitrail.plot.waterfall import last_row, measured, own, share_text, steps


def axes_of(answer, **options):
    return [row.axes[0] for row in answer.plot(style="waterfall", **options).subfigs]


def bars(axes):
    """[(where each bar begins, where it ends)] with the sign of its share."""
    return [(b.get_x(), b.get_x() + b.get_width()) for b in axes.patches]


def names(axes):
    return [t.get_text() for t in axes.get_yticklabels()]


def test_bars_lead_from_the_base_value_to_f_of_x(make):
    answer = make["census"]()
    for example, axes in enumerate(axes_of(answer)):
        drawn = bars(axes)
        assert drawn[0][0] == answer.base_value[example]
        assert_allclose([b for b, _ in drawn[1:]], [e for _, e in drawn[:-1]])
        assert_allclose(drawn[-1][1], answer.checks["target_value"][example])
        markers = next(line for line in axes.lines if line.get_marker() == "D")
        assert_allclose(markers.get_xdata(), [answer.base_value[example], answer.checks["target_value"][example]])


def test_the_largest_comes_first_with_its_value_and_number(make):
    first, second = axes_of(make["census"]())
    assert names(first) == ["base value", "work = private", "age = 39", "hours = 40.5", "f(x)"]
    assert names(second) == ["base value", "work = public", "hours = 30.25", "age = 20", "f(x)"]
    assert [t.get_text() for t in first.texts] == ["1", "-1.00 ± 0.01", "+0.50 ± 0.01", "+0.25 ± 0.01", "0.75"]


def test_red_is_for_and_blue_is_against(make):
    (axes, _) = axes_of(make["census"]())
    against, towards, _ = (b.get_facecolor() for b in axes.patches)
    assert against[2] > against[0] + 0.3
    assert towards[0] > towards[2] + 0.3


def test_standard_errors_are_drawn_where_there_are_any(make):
    axes = axes_of(make["census"]())[0]
    (lines,) = axes.containers[-1].lines[2]
    assert_allclose([np.ptp(part[:, 0]) / 2 for part in lines.get_segments()], 0.01)
    without = axes_of(make["shares"](np.ones((1, 3))))[0]
    assert [t.get_text() for t in without.texts] == ["0.5", "+1", "+1", "+1", "3.5"]
    assert sum(len(part.get_segments()) for part in without.containers[-1].lines[2]) == 0


def test_many_columns_are_folded(make):
    values = np.random.default_rng(0).normal(size=(1, 50))
    axes = axes_of(make["shares"](values), top=5)[0]
    assert names(axes)[-2:] == ["45 others together", "f(x)"]
    assert_allclose(bars(axes)[-1][1], 0.5 + values.sum())


def test_a_sum_that_is_not_f_of_x_is_not_called_so(make):
    answer = make["shares"](np.ones((1, 3)), checks={"target_value": np.array([9.0])})
    assert last_row(own(shares_of(answer), 0, 3)) == ("sum", 3.5)
    assert names(axes_of(answer)[0])[-1] == "sum"


def test_steps():
    assert_allclose(steps(np.array([1.0, -3.0, np.nan]), 2.0), [2, 3, 0, 0])


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(1.234, 0.0, "+1.23"), (1.234, 0.06, "+1.23 ± 0.06"), (1.234, 0.0096, "+1.23 ± 0.01"), (-0.5, 0.2, "-0.5 ± 0.2"),
     (12.345, 3.0, "+12 ± 3"), (0.0, 0.1, "+0.0 ± 0.1"), (1.23456, 1e-7, "+1.235 ± 1e-07"), (1.0, np.nan, "+1")],
)  # fmt: skip
def test_numbers_have_no_more_figures_than_their_error(value, error, text):
    assert share_text(value, error) == text


def test_a_number_without_a_sign():
    assert measured(1.234, 0.1) == "1.2"


def test_nothing_is_written_over_anything_and_nothing_is_cut(make):
    long = [f"a column with a very long name that goes on and on {i}" for i in range(50)]
    answer = make["shares"](
        np.random.default_rng(0).normal(size=(1, 50)) * 1e3, names=long, error=np.full((1, 50), 3.0)
    )
    for top in (12, 60):
        figure = answer.plot(style="waterfall", top=top)
        figure.draw_without_rendering()
        (axes,) = figure.subfigs[0].axes
        boxes = [t.get_window_extent() for t in [*axes.get_yticklabels(), *axes.texts]]
        whole = figure.bbox
        for box in boxes:
            assert box.x0 >= whole.x0
            assert box.x1 <= whole.x1
        rows = sorted(boxes[: len(axes.texts)], key=lambda b: b.y0)
        assert all(low.y1 <= high.y0 + 1 for low, high in zip(rows, rows[1:], strict=False))
