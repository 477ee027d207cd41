"""Sobol indices of networks: the estimator is proved beside it; here it meets models."""

import numpy as np
import pytest
import torch

from known import Function, explained, linear, normal, smooth
from vitrail.errors import BadInput, BadSetting

close = torch.testing.assert_close


def test_of_a_linear_network_they_are_squares_of_what_columns_add():
    weight, x, b = normal(4), normal(3, 4, seed=1), normal(4, seed=2)
    got = explained(linear(weight), x, "sobol", baseline=b, budget=6 * 2048)
    adds = (weight * (x - b)).square()
    close(torch.tensor(got.values), adds / adds.sum(1, keepdim=True), rtol=0, atol=5e-3)
    close(torch.tensor(got.checks["variance"]), adds.sum(1) / 12, rtol=0.01, atol=0)


def test_a_product_of_patches():
    """f = the product of the two halves' means: each index is (1/12)(1/3) / (1/9 - 1/16) = 4/7."""
    net = Function(lambda x: x[..., :4, :].mean((1, 2, 3)) * x[..., 4:, :].mean((1, 2, 3)))
    halves = np.arange(8)[None, :, None] // 4
    got = explained(net, torch.ones(1, 1, 8, 8).double(), "sobol", players=halves, budget=4 * 4096)
    close(got.values, np.full((1, 2), 4 / 7), rtol=0.02, atol=0)
    assert (np.abs(got.values - 4 / 7) < 4 * got.arrays["standard_error"]).all()


def test_they_are_no_shares_of_the_target():
    got = explained(smooth(5), normal(2, 5), "sobol", 1, budget=70)
    assert got.kind == "players"
    assert "base_value" not in got.arrays
    assert np.isnan(got.checks["completeness_gap"]).all()
    with pytest.raises(BadInput, match="sobol gives no base value"):
        got.base_value  # noqa: B018


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadSetting, match="sobol: budget=13 is too small for 5 players. At least 14 evaluations"):
        explained(smooth(5), normal(2, 5), "sobol", budget=13)
    with pytest.raises(BadSetting, match="no setting 'fill'"):
        explained(smooth(5), normal(2, 5), "sobol", fill="inpaint")
