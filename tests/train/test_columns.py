"""Statistics of columns, by pencil and by their definitions; leaks that are put there."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import contingency

from vitrail.train.columns import (
    Columns,
    answers_in,
    columns_of,
    correlations,
    histograms,
    looks_blank,
    thinned,
    together,
    told_by,
)
from vitrail.train.data import Data
from vitrail.train.sources import data_of

RNG = np.random.default_rng(0)


def test_pearson():
    a, b = RNG.normal(size=(2, 50))
    assert together(a, b, 0, 0) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert together(a, -3 * a + 1, 0, 0) == pytest.approx(-1)
    assert together(a, np.ones(50), 0, 0) == 0


def test_cramer_is_that_of_the_table_of_counts():
    a, b = RNG.integers(0, 3, 200).astype(float), RNG.integers(0, 2, 200).astype(float)
    b[a == 2] = 1
    counts = np.array([[((a == i) & (b == j)).sum() for j in range(2)] for i in range(3)])
    expected = contingency.association(counts, method="cramer")
    assert 0.2 < expected < 0.9
    assert together(a, b, 3, 2) == pytest.approx(expected)
    assert together(a, b, 5, 4) == pytest.approx(expected)  # categories that nobody has do not count
    assert together(a, a, 3, 3) == pytest.approx(1)
    assert together(a, np.zeros(200), 3, 2) == 0


def test_eta_is_the_share_of_variance_between_categories():
    codes, numbers = np.array([0.0, 0, 1, 1]), np.array([1.0, 3, 5, 7])
    # means 2 and 6 around 4: between 16, within 4
    assert together(codes, numbers, 2, 0) == pytest.approx(np.sqrt(16 / 20))
    assert together(numbers, codes, 0, 2) == pytest.approx(np.sqrt(16 / 20))
    assert together(codes, np.ones(4), 2, 0) == 0


def test_all_pairs():
    table = Columns(
        ["a", "b", "c"], np.stack([RNG.normal(size=30), np.arange(30) % 3, np.arange(30.0)], 1), [(), "xyz", ()]
    )
    found = correlations(table)
    assert_allclose(found, found.T)
    assert_allclose(np.diag(found), 1)
    assert found[1, 0] == pytest.approx(together(table.values[:, 1], table.values[:, 0], 3, 0))
    assert found[0, 2] != 0


def test_columns_are_in_the_users_units():
    frame = pd.DataFrame({"age": np.arange(20.0), "work": ["a", "b"] * 10, "y": [0, 1] * 10})
    table = columns_of(data_of(frame, "y"))
    assert table.names == ["age", "work"]
    assert_allclose(table.values[:, 0], np.arange(20), atol=1e-5)
    assert_array_equal(table.values[:, 1], [0, 1] * 10)
    assert table.categories == [[], ["a", "b"]]


def test_numbers_come_back_as_they_were_written():
    frame = pd.DataFrame({"gain": [0.0, 7298, 99999, 0] * 10, "share": [0.001, 0.25, 0, 1] * 10, "y": [0, 1] * 20})
    table = columns_of(data_of(frame, "y"))
    assert not np.signbit(table.values).any()
    assert (table.values[table.values[:, 0] < 1, 0] == 0).all()
    assert_allclose(table.values, frame[["gain", "share"]], rtol=1e-6)


def test_plain_arrays_have_numbers_for_names():
    table = columns_of(data_of((np.arange(40.0).reshape(20, 2), [0, 1] * 10)))
    assert table.names == ["0", "1"]
    assert answers_in(data_of((np.zeros((20, 1)), np.arange(20) * 0.5))).names == ["answer 0"]


def test_histograms_count_everything():
    values = RNG.normal(size=(100, 2)) * [1, 1000]
    counts, edges = histograms(values, 7)
    assert_array_equal(counts.sum(1), [100, 100])
    for i in range(2):
        inside = [(values[:, i] >= edges[i, k]) & (values[:, i] < edges[i, k + 1]) for k in range(6)]
        assert_array_equal(counts[i, :6], [mask.sum() for mask in inside])


@pytest.fixture
def noise():
    """200 examples: half of each class, and half the examples for the test."""
    y = np.arange(200) % 2
    rows = {"train": np.arange(80), "validation": np.arange(80, 100), "test": np.arange(100, 200)}
    return Data(np.zeros((200, 1)), y, "binary", rows, ("a", "b"))


def test_a_column_made_of_the_answer_tells_it(noise):
    assert told_by(noise.y * 2.0 + 1, noise) == 1
    assert told_by(np.where(noise.y == 1, 5.0, RNG.choice([1.0, 9.0], 200)), noise) == 1  # from both sides
    # chance: 100 coins, so 0.5 with a deviation of 0.05
    assert told_by(RNG.normal(size=200), noise) == pytest.approx(0.5, abs=0.2)


def test_classes_count_alike(noise):
    y = np.zeros(200, int)
    y[::10] = 1
    data = Data(noise.x, y, "binary", noise.rows, ("a", "b"))
    assert told_by(np.zeros(200), data) == 0.5  # always the frequent one: 90 % of the examples, half of the classes


def test_quantities_are_told_by_r_squared(noise):
    y = RNG.normal(size=200)
    data = Data(noise.x, y, "regression", noise.rows, ("a",))
    assert told_by(np.arctan(y), data) > 0.97
    assert told_by(RNG.normal(size=200), data) < 0.1
    pair = Data(noise.x, np.stack([y, RNG.normal(size=200)], 1), "regression", noise.rows, ("a", "b"))
    assert told_by(y, pair, 0) > 0.97 > 0.1 > told_by(y, pair, 1)


def test_thinned_rows_reach_from_end_to_end():
    assert_array_equal(thinned(np.arange(5), 5), np.arange(5))
    found = thinned(np.arange(100), 4)
    assert_array_equal(found, [0, 33, 66, 99])


@pytest.mark.parametrize(
    ("word", "blank"), [("?", True), (" N/A ", True), ("", True), ("Missing", True), ("no", False)]
)
def test_words_that_look_like_gaps(word, blank):
    assert looks_blank(word) is blank
