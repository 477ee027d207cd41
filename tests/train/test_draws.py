"""Resampled sets of examples, and the measures over them."""

from importlib import import_module

import numpy as np
import pytest

from vitrail.train.draws import LEAST, MOST, interval, mean_of, measured, ratio, sets_for, weights


def mean(values):
    return lambda drawn: {"mean": drawn @ values / drawn.sum(1)}


def test_every_set_has_as_many_examples_as_there_are():
    drawn = np.concatenate(list(weights(7, 50, 0)))
    assert drawn.shape == (50, 7)
    np.testing.assert_array_equal(drawn.sum(1), 7)
    assert drawn.max() > 1  # with replacement
    assert (drawn.max(0) > 0).all()  # everyone has a turn
    assert len(np.unique(drawn, axis=0)) > 40


def test_a_few_sets_at_a_time_are_sets_all_the_same(monkeypatch):
    monkeypatch.setattr(import_module("vitrail.train.draws"), "CELLS", 20)
    parts = list(weights(7, 5, 0))
    assert [len(part) for part in parts] == [2, 2, 1]


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(size=400)
    found, intervals = measured(mean(values), 400, 1000)
    low, high = intervals["mean"]
    assert found["mean"] == pytest.approx(values.mean())
    # 1.96 standard errors on either side; 1,000 sets leave about 5 % of noise in each end
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.12)
    assert low < found["mean"] < high


def test_all_measures_are_of_the_same_sets():
    values = np.random.default_rng(0).normal(size=30)
    both = lambda drawn: {"a": drawn @ values, "b": -drawn @ values}  # noqa: E731
    _, intervals = measured(both, 30, 100)
    np.testing.assert_allclose(intervals["a"], [-end for end in intervals["b"][::-1]])


def test_what_is_not_defined_is_none():
    found, intervals = measured(lambda drawn: {"x": np.full(len(drawn), np.nan)}, 5, 10)
    assert found == {"x": None}
    assert intervals == {"x": None}
    assert measured(mean(np.ones(1)), 1, 10) == ({"mean": 1.0}, {"mean": None})


def test_an_interval_leaves_out_the_sets_where_nothing_is_defined():
    assert interval(np.array([np.nan, 2.0, 2.0])) == [2.0, 2.0]
    assert interval(np.array([np.nan])) is None


def test_there_are_fewer_sets_where_they_cost_more():
    assert sets_for(10, 1) == MOST
    assert sets_for(10**6, 100) == LEAST
    assert LEAST < sets_for(10_000, 4) < MOST


def test_means_over_the_classes_that_are_defined():
    each = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(mean_of(each), [2.0, np.nan])
    np.testing.assert_array_equal(ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0])), [0.5, np.nan])
