import numpy as np
import pytest
from scipy.stats import kstest

from vitrail.trust.conformal import p_values


def test_by_its_definition():
    calibration, new = np.array([1.0, 2, 2, 5]), np.array([0, 1, 2, 3, 5, 6.0])
    slow = [(1 + sum(s >= value for s in calibration)) / 5 for value in new]
    np.testing.assert_array_equal(p_values(calibration, new), slow)
    np.testing.assert_array_equal(slow, [1, 1, 0.8, 0.4, 0.4, 0.2])


def test_of_exchangeable_scores_they_are_uniform():
    found = []
    for seed in range(3000):
        scores = np.random.default_rng(seed).normal(size=200)
        found.append(p_values(np.sort(scores[1:]), scores[:1])[0])
    # p is one of k / 200, each equally likely: a random share of 1 / 200 below it makes it continuous
    spread = np.array(found) - np.random.default_rng(0).random(3000) / 200
    assert kstest(spread, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.5])
@pytest.mark.parametrize("decimals", [None, 0])
def test_no_more_than_the_level_are_at_or_below_it(level, decimals):
    """Also with ties, where it is fewer."""
    draws = np.random.default_rng(1).normal(size=(4000, 100))
    draws = draws if decimals is None else np.round(draws)
    found = np.array([p_values(np.sort(row[1:]), row[:1])[0] for row in draws])
    error = 4 * np.sqrt(level * (1 - level) / 4000)  # one in 30,000
    assert (found <= level + 1e-12).mean() <= level + error
    if decimals is None:
        assert (found <= level + 1e-12).mean() >= level - error


def test_they_are_never_zero_and_at_most_one():
    np.testing.assert_array_equal(p_values(np.arange(9.0), np.array([-5.0, 100.0])), [1, 0.1])
