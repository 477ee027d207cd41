"""Pictures of data: what the bars, squares and histograms say is what was counted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.plot.colour import colours
from vitrail.plot.data import (
    MOST,
    correlation_figure,
    counts_figure,
    draw_data,
    histograms_figure,
    hundredths,
    names_of,
    spreads,
)
from vitrail.train.analysis import analysis

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def table():
    y = np.arange(60) % 3
    frame = pd.DataFrame({"age": RNG.normal(40, 9, 60), "work": RNG.choice(["a", "b"], 60), "y": y})
    return analysis(frame, "y")


@pytest.fixture(scope="module")
def pictures():
    return analysis((RNG.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8), np.arange(40) % 2))


@pytest.fixture(scope="module")
def quantities():
    return analysis((RNG.normal(size=(60, 2)), RNG.normal(size=60)))


def test_bars_stand_end_to_end_class_by_class(table):
    axes = counts_figure(table).axes[0]
    lengths = np.array([bar.get_width() for bar in axes.patches]).reshape(3, 3)
    assert_array_equal(lengths, [table.arrays[f"count/{part}"] for part in ("train", "validation", "test")])
    starts = np.array([bar.get_x() for bar in axes.patches]).reshape(3, 3)
    assert_array_equal(starts, np.cumsum(lengths, 0) - lengths)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0", "1", "2"]
    assert [text.get_text().strip() for text in axes.texts] == ["20", "20", "20"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation", "test"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first class on top


def test_quantities_are_a_histogram(quantities):
    axes = counts_figure(quantities).axes[0]
    heights = np.array([bar.get_height() for bar in axes.patches]).reshape(3, -1)
    assert_array_equal(heights.sum(0), quantities.values[0])
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches][-heights.shape[1] :]
    assert_array_equal(tops, quantities.values[0])
    assert_allclose([bar.get_x() for bar in axes.patches][: heights.shape[1]], quantities.arrays["edges"][0, :-1])


def test_of_very_many_classes_some_are_drawn():
    answer = analysis((RNG.normal(size=(400, 1)), np.arange(400) % 50))
    axes = counts_figure(answer).axes[0]
    assert len(axes.get_yticks()) == MOST


def test_squares_are_the_correlations(table, pictures):
    for answer, names in ((table, ["age", "work", "y"]), (pictures, ["0", "1"])):
        axes = correlation_figure(answer).axes[0]
        assert names_of(answer) == names
        assert [text.get_text() for text in axes.get_yticklabels()] == names
        assert_array_equal(axes.images[0].get_array(), colours(answer.arrays["correlation"], 1.0, "signed"))
        drawn = [text.get_text() for text in axes.texts]
        assert drawn == [hundredths(value) for value in answer.arrays["correlation"].ravel()]


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1.00"), (0.314, ".31"), (-0.92, "-.92"), (-0.001, ".00"), (-1, "-1.00")]
)
def test_hundredths(value, text):
    assert hundredths(float(value)) == text


def test_histograms(table, pictures):
    age, work = spreads(table)
    assert_array_equal(age[2], table.arrays["histogram"][0])
    assert dict(zip(work[3], work[2].tolist(), strict=True)) == table.labels["category"]["work"]
    assert [name for name, *_ in spreads(pictures)] == ["red", "green", "blue"]
    figure = histograms_figure(table)
    assert [axes.get_title() for axes in figure.axes] == ["age", "work"]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == list(work[3])


def test_empty_places_are_blank():
    answer = analysis((RNG.normal(size=(60, 5)), np.arange(60) % 2))
    shown = [axes.axison for axes in histograms_figure(answer).axes]
    assert shown == [True] * 5 + [False] * 3


def test_the_view_shows_both(table, quantities, pictures):
    for answer in (table, quantities, pictures):
        assert len(draw_data(answer).axes) == 2
        assert len(answer.plot().axes) == 2
    assert len(analysis((["a b", "c d"] * 30, [0, 1] * 30), vocabulary=50).plot().axes) == 1
