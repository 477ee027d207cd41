import numpy as np
import pytest
from scipy.optimize import minimize

from vitrail.trust.weights import RIDGE, weights_of


@pytest.fixture
def scores():
    """The first score tells, the second a little, the third is noise, the fourth tells wrong."""
    chance = np.random.default_rng(0)
    usual, odd = chance.exponential(size=(300, 4)), chance.exponential(size=(200, 4))
    return usual, odd + np.array([3.0, 0.7, 0, 0]) - np.array([0, 0, 0, 0.5])


def test_they_are_no_less_than_zero_and_add_up_to_one(scores):
    found = weights_of(*scores)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)


def test_what_tells_more_weighs_more_and_what_tells_wrong_nothing(scores):
    first, second, third, fourth = weights_of(*scores)
    assert first > second > third
    assert fourth == 0


def test_no_other_weights_do_better(scores):
    usual, odd = scores

    def loss(point):
        w, b = np.abs(point[:-1]), point[-1]
        low, high = np.logaddexp(0, usual @ w + b).mean(), np.logaddexp(0, -(odd @ w) - b).mean()
        return low + high + RIDGE / 2 * w @ w

    slow = minimize(
        loss, np.full(5, 0.3), method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-8, "fatol": 1e-12}
    )
    best = np.abs(slow.x[:-1])
    np.testing.assert_allclose(weights_of(usual, odd), best / best.sum(), atol=1e-3)


def test_both_sides_are_equally_heavy(scores):
    usual, odd = scores
    np.testing.assert_allclose(weights_of(np.tile(usual, (5, 1)), odd), weights_of(usual, odd), atol=1e-4)


def test_scores_that_say_the_same_share(scores):
    usual, odd = (np.column_stack([s[:, 0], s[:, 0], s[:, 1]]) for s in scores)
    first, second, _ = weights_of(usual, odd)
    assert first == pytest.approx(second, rel=1e-3)


def test_without_outliers_or_use_all_weigh_alike(scores):
    usual, _ = scores
    np.testing.assert_allclose(weights_of(usual, np.zeros((0, 4))), 0.25)
    np.testing.assert_allclose(weights_of(usual, usual * 0), 0.25)  # odd ones score lower by all
