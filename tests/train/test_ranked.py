"""Areas under curves by pencil, by counting pairs, and by scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from vitrail.train.ranked import area, precision_recall, roc, thinned

TRUTH = np.array([False, True, False, True, True])
SCORES = np.array([0.1, 0.4, 0.4, 0.35, 0.8])


def pairs(truth, scores):
    """The definition: of all pairs of a true and another example, the share in the right order, ties half."""
    won = [(t > f) + 0.5 * (t == f) for t in scores[truth] for f in scores[~truth]]
    return sum(won) / len(won)


def test_the_area_by_pencil():
    # true .4 .35 .8 against .1 .4: .4 wins and ties, .35 wins and loses, .8 wins twice
    assert area(TRUTH, SCORES)(np.ones((1, 5)))[0] == pytest.approx((1.5 + 1 + 2) / 6)


@pytest.mark.parametrize("steps", [3, 10, 10_000])
def test_the_area_by_counting_pairs_with_and_without_ties(steps):
    rng = np.random.default_rng(steps)
    truth, scores = rng.random(80) < 0.4, rng.integers(0, steps, 80) / steps
    assert area(truth, scores)(np.ones((1, 80)))[0] == pytest.approx(pairs(truth, scores))
    assert area(truth, scores)(np.ones((1, 80)))[0] == pytest.approx(metrics.roc_auc_score(truth, scores))


def test_the_area_of_a_weighted_set_is_that_of_the_examples_so_often():
    drawn = np.array([[2, 0, 1, 1, 1], [0, 1, 3, 1, 0], [1, 0, 4, 0, 0]])
    found = area(TRUTH, SCORES)(drawn.astype(float))
    for i in range(2):
        rows = np.repeat(np.arange(5), drawn[i])
        assert found[i] == pytest.approx(pairs(TRUTH[rows], SCORES[rows]))
    assert np.isnan(found[2])  # nobody is true


def test_the_curves_end_where_they_must_and_hold_their_area():
    rng = np.random.default_rng(0)
    truth = rng.random(3000) < 0.3
    scores = truth + rng.normal(size=3000)
    curve = roc(truth, scores)
    assert len(curve) <= 500
    np.testing.assert_array_equal(curve[[0, -1], :2], [[0, 0], [1, 1]])
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(metrics.roc_auc_score(truth, scores), abs=2e-3)
    found, average = precision_recall(truth, scores)
    assert len(found) <= 500
    assert average == pytest.approx(metrics.average_precision_score(truth, scores))
    np.testing.assert_allclose(found[0, :2], [1, truth.mean()])
    np.testing.assert_allclose(found[-1, :2], [0, 1])


def test_thinning_keeps_the_ends_and_goes_evenly_along_the_curve():
    line = np.stack([np.linspace(0, 1, 1001) ** 3, np.zeros(1001), np.arange(1001)], 1)
    kept = thinned(line, 11)
    assert len(kept) <= 12
    np.testing.assert_array_equal(kept[[0, -1]], line[[0, -1]])
    assert np.diff(kept[:, 0]).max() < 0.11
    np.testing.assert_array_equal(thinned(line, 1001), line)
    still = np.concatenate([line, line[-1:] + [[0, 0, 1]]])  # another threshold at the same place
    np.testing.assert_array_equal(thinned(still, 11)[-1], still[-1])
