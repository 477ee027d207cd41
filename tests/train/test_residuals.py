"""Errors of numbers by pencil and by scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from vitrail.train.residuals import by_output


def test_by_pencil():
    found = by_output(np.array([[1.0], [2.0], [6.0]]), np.array([[1.0], [4.0], [5.0]]), np.ones((1, 3)))
    assert found["rmse"][0, 0] == pytest.approx(np.sqrt(5 / 3))
    assert found["mae"][0, 0] == pytest.approx(1)
    assert found["bias"][0, 0] == pytest.approx(-1 / 3)  # true minus predicted: 0, -2, 1
    assert found["r2"][0, 0] == pytest.approx(1 - 5 / 14)  # around the mean of 3: 4 + 1 + 9


def test_weighted_sets_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, predicted = rng.normal(size=(40, 2)) + 50, rng.normal(size=(40, 2)) + 50
    weights = rng.integers(0, 3, (3, 40)).astype(float)
    found = by_output(truth, predicted, weights)
    for i, own in enumerate(weights):
        asked = {"sample_weight": own, "multioutput": "raw_values"}
        np.testing.assert_allclose(found["r2"][i], metrics.r2_score(truth, predicted, **asked))
        np.testing.assert_allclose(found["mae"][i], metrics.mean_absolute_error(truth, predicted, **asked))
        np.testing.assert_allclose(found["rmse"][i], metrics.root_mean_squared_error(truth, predicted, **asked))


def test_a_number_that_never_changes_has_no_r2():
    found = by_output(np.full((4, 1), 0.1), np.zeros((4, 1)), np.ones((1, 4)))
    assert np.isnan(found["r2"][0, 0])
    assert found["rmse"][0, 0] == pytest.approx(0.1)
