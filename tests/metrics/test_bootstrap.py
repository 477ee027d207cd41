import numpy as np
import pytest

from vitrail.metrics.bootstrap import beats, interval, ranked


def test_the_interval_holds_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for i in range(300):
        low, high = interval(rng.normal(2.0, 1.0, 60), 0.9, i)
        held += low <= 2.0 <= high
    assert abs(held / 300 - 0.88) < 4 * np.sqrt(0.1 * 0.9 / 300)  # the percentile interval is a little narrow


def test_it_is_as_wide_as_theory_says():
    scores = np.random.default_rng(0).normal(0, 3, 400)
    low, high = interval(scores, 0.95, 0)
    assert (high - low) / 2 == pytest.approx(1.96 * scores.std() / 20, rel=0.08)
    assert low < scores.mean() < high


def test_what_has_no_score_is_left_out():
    scores = np.array([1.0, np.nan, 3.0, np.nan, 2.0])
    assert interval(scores, 0.9, 0) == interval(np.array([1.0, 3.0, 2.0]), 0.9, 0)
    assert np.isnan(interval(np.array([1.0, np.nan]), 0.9, 0)).all()


def test_in_pairs_a_small_difference_is_seen_beneath_a_large_spread():
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 10, 50)
    one, two = hard + 0.2 + rng.normal(0, 0.1, 50), hard
    assert beats(one, two, "higher", 0.95, 0)
    assert beats(two, one, "lower", 0.95, 0)
    assert not beats(two, one, "higher", 0.95, 0)
    assert not beats(one, one, "higher", 0.95, 0)


def test_ranks_are_shared_by_those_that_cannot_be_told_apart():
    rng = np.random.default_rng(0)
    base = rng.normal(0, 1, 40)
    columns = [base + 3, base + rng.normal(0, 1e-3, 40), base + rng.normal(0, 1e-3, 40), base - 3]
    assert ranked(columns, "higher", 0.95, 0) == [1, 2, 2, 4]
    assert ranked(columns, "lower", 0.95, 0) == [4, 2, 2, 1]


def test_a_false_alarm_is_as_rare_as_it_says():
    rng = np.random.default_rng(1)
    alarms = sum(beats(rng.normal(size=50), rng.normal(size=50), "higher", 0.9, i) for i in range(400))
    assert alarms / 400 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)
    assert alarms > 0
