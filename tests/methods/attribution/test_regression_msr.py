"""Regression-adjusted Shapley values of networks: exact with all coalitions, within its error with some."""

import numpy as np
import pytest
import torch

import vitrail
from known import explained, linear, normal, smooth, values

close = torch.testing.assert_close


def test_with_all_coalitions_it_is_exact():
    net, x = smooth(), normal(3, 5, seed=1)
    close(values(net, x, "regression-msr", 1), values(net, x, "exact-shapley", 1), atol=1e-10, rtol=0)


def test_it_is_within_its_error_of_the_exact_values():
    net, x = smooth(9, 24), 2 * normal(6, 9, seed=1)
    answer = explained(net, x, "regression-msr", 1, budget=120)
    away = (answer.values - explained(net, x, "exact-shapley", 1).values) / answer.arrays["standard_error"]
    assert 0.4 < np.sqrt((away**2).mean()) < 2
    assert answer.checks["evaluations"] <= 6 * 120
    assert answer.checks["completeness_gap"].max() < 1e-10


def test_a_linear_network():
    x, w = normal(3, 12), normal(12, seed=1)
    close(values(linear(w, 2.0), x, "regression-msr", baseline=0.5, budget=80), (x - 0.5) * w, atol=1e-4, rtol=0)


def test_a_budget_that_is_too_small_says_the_least():
    with pytest.raises(
        vitrail.VitrailError, match="regression-msr: budget=10 is too small for 20 players. At least 60"
    ):
        explained(smooth(20), normal(1, 20), "regression-msr", budget=10)
