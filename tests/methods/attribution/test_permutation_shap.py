"""Permutation SHAP of networks: its estimator is proved beside it; here it meets models."""

import torch

import vitrail
from known import by_orders, explained, linear, normal, smooth

close = torch.testing.assert_close


def test_a_linear_network_gets_weight_times_change():
    weight, x, b = normal(4), normal(3, 4, seed=1), normal(5, 4, seed=2)
    got = explained(linear(weight), x, "permutation-shap", budget=8, baseline=b)
    close(torch.tensor(got.values), weight * (x - b.mean(0)))
    close(torch.tensor(got.base_value), linear(weight)(b).mean().expand(3))


def test_it_is_close_to_all_orders():
    net, x = smooth(5), normal(1, 5)
    exact = by_orders(lambda c: net(torch.where(c, x, torch.zeros_like(x)))[:, 1], 5)
    got = explained(net, x, "permutation-shap", 1, budget=1000)
    away = (torch.tensor(got.values) - exact) / torch.tensor(got.arrays["standard_error"])
    assert away.abs().max() < 4
    assert got.checks["coalitions"] == 994
    assert got.checks["evaluations"] == 994  # that of everybody is x itself, which is run anyway


def test_it_works_on_functions_without_gradients():
    x = normal(2, 3).numpy()
    got = vitrail.explain(vitrail.open(lambda x: x.prod(1, keepdims=True)), x, "permutation-shap", 0, budget=60)
    close(got.values.sum(1), x.prod(1))
