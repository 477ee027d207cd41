"""HSIC of networks: the estimator is proved beside it; here it meets models."""

import numpy as np
import pytest
import torch

import vitrail
from known import Function, explained, linear, normal, picture_net, smooth
from vitrail.errors import BadSetting

close = torch.testing.assert_close


def test_of_two_values_it_is_known():
    """f = x0 at 1: k' is 1 where both have player 0 or neither, else h. E[k k'] = 1/2, E[k] E[k'] = (1 + h) / 4, and
    E[k | S] E[k' | S] is that for every S: in all (1 - h) / 4."""
    got = explained(Function(lambda x: x[:, 0]), torch.ones(1, 3).double(), "hsic", budget=4000)
    width = float(got.checks["width"][0])
    want = (1 - np.exp(-1 / (2 * width**2))) / 4
    error = got.arrays["standard_error"][0]
    assert abs(got.values[0, 0] - want) < 4 * error[0] + 1e-3
    assert want > 0.05
    assert (np.abs(got.values[0, 1:]) < 4 * error[1:]).all()


def test_the_order_of_a_linear_network_is_that_of_its_weights():
    weight = torch.tensor([0.2, -1.0, 0.5, 0.0]).double()
    got = explained(linear(weight), torch.ones(2, 4).double(), "hsic")
    assert (got.values.argsort(1) == np.abs(weight.numpy()).argsort()).all()


def test_it_does_not_depend_on_the_scale_of_the_target():
    x = normal(2, 5)
    one = explained(smooth(5), x, "hsic", 1, budget=50)
    net = smooth(5)
    large = explained(Function(lambda x: 1e6 * net(x)[:, 1] + 7), x, "hsic", budget=50)
    close(large.values, one.values)
    close(large.checks["width"], 1e6 * one.checks["width"])


def test_pictures_in_patches_and_other_fills():
    model, x = vitrail.open(picture_net("hsic")), normal(2, 2, 8, 6)
    plain = vitrail.explain(model, x, "hsic", 1, patch=4, budget=50)
    painted = vitrail.explain(model, x, "hsic", 1, patch=4, budget=50, fill="inpaint")
    assert plain.values.shape == painted.values.shape == (2, 4)
    assert np.abs(plain.values - painted.values).max() > 1e-4
    assert "base_value" not in plain.arrays


def test_too_small_a_budget_is_refused():
    with pytest.raises(BadSetting, match="hsic: budget=4 is too small for 5 players. At least 5 evaluations"):
        explained(smooth(5), normal(2, 5), "hsic", budget=4)
