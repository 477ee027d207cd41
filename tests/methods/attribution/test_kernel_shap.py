"""Kernel SHAP of networks: the route of enumeration, budgets and errors at the door."""

import numpy as np
import pytest
import torch

import vitrail
from known import Flattened, explained, linear, normal, seeded, smooth, values

close = torch.testing.assert_close


def test_with_all_coalitions_it_is_exact():
    net, x = smooth(), normal(3, 5, seed=1)
    close(values(net, x, "kernel-shap", 1), values(net, x, "exact-shapley", 1), atol=1e-10, rtol=0)


def test_a_linear_network_needs_the_least_budget_only():
    x, w = normal(3, 20), normal(20, seed=1)
    answer = explained(linear(w, 2.0), x, "kernel-shap", baseline=0.5, budget=40)
    close(torch.as_tensor(answer.values), (x - 0.5) * w)
    assert answer.checks["evaluations"] <= 3 * 40


def test_it_is_within_its_error_of_the_exact_values():
    net, x = smooth(9, 24), normal(4, 9, seed=1)
    answer = explained(net, 2 * x, "kernel-shap", 1, budget=120)
    away = (answer.values - explained(net, 2 * x, "exact-shapley", 1).values) / answer.arrays["standard_error"]
    assert 0.3 < np.sqrt((away**2).mean()) < 2
    assert answer.checks["standard_error"].min() > 0
    assert answer.checks["completeness_gap"].max() < 1e-10


def test_patches_of_pictures_and_many_rows():
    net, x = seeded(Flattened(), 2), normal(3, 2, 6, 6, seed=12)
    answer = explained(net, x, "kernel-shap", 1, patch=2, budget=100)
    assert answer.values.shape == (3, 9)
    assert answer.checks["completeness_gap"].max() < 1e-10
    rows = explained(smooth(), normal(300, 5), "kernel-shap", 1, budget=20)
    assert rows.checks["evaluations"] <= 300 * 20


def test_a_single_column_gets_everything():
    x = normal(3, 1)
    close(values(linear(torch.full((1,), 2.0).double(), 5.0), x, "kernel-shap"), 2 * x)


def test_a_budget_that_is_too_small_says_the_least():
    with pytest.raises(vitrail.VitrailError, match="kernel-shap: budget=39 is too small for 20 players. At least 40"):
        explained(smooth(20), normal(1, 20), "kernel-shap", budget=39)
    with pytest.raises(vitrail.VitrailError, match="budget=0"):
        explained(smooth(), normal(1, 5), "kernel-shap", budget=0)
