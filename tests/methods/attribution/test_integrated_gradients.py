"""Integrated gradients in closed form, against a slow sum, and what its settings mean."""

import numpy as np
import pytest
import torch

import vitrail
from biasless import tokens, transformers
from known import (
    Function,
    cubic,
    explained,
    linear,
    maximum,
    normal,
    product,
    quadratic,
    seeded,
    smooth,
    symmetric,
    two_relus,
    values,
)

close = torch.testing.assert_close


def test_of_a_linear_function_it_is_weight_times_the_step():
    x, b, w = normal(4, 5), normal(5, seed=9), normal(5, seed=1)
    close(values(linear(w, 2.0), x, "integrated-gradients", baseline=b.numpy(), steps=1), (x - b) * w)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_of_a_quadratic_form_in_closed_form(steps):
    x, b, a = normal(4, 5), normal(5, seed=9), symmetric(5)
    expected = (x - b) * ((x + b) @ a) / 2
    close(values(quadratic(a), x, "integrated-gradients", baseline=b.numpy(), steps=steps), expected)


def test_steps_are_exact_up_to_degree_two_steps_and_not_beyond():
    # the gradient of x^7 / 7 has degree 6 along the path: 4 points are exact (8 > 6), 3 points are not
    net, x = Function(lambda x: (x**7).sum(1) / 7), normal(4, 5)
    close(values(net, x, "integrated-gradients", steps=4), x**7 / 7)
    assert (values(net, x, "integrated-gradients", steps=3) - x**7 / 7).abs().max() > 1e-3


def test_a_cubic_is_shared_as_the_difference_of_cubes():
    x = normal(4, 5)
    close(values(cubic(), x, "integrated-gradients", steps=2, baseline=0.5), (x**3 - 0.5**3) / 3)


def test_a_product_is_shared_evenly():
    x = normal(4, 2)
    close(values(product(), x, "integrated-gradients"), (x.prod(1, keepdim=True) / 2).expand(4, 2))


def test_a_maximum_belongs_to_the_largest():
    x = normal(4, 5).abs()
    expected = x * torch.nn.functional.one_hot(x.argmax(1), 5)
    close(values(maximum(), x, "integrated-gradients"), expected)


def test_two_relus_share_what_each_lets_through():
    x = torch.tensor([[1.0, 2.0], [-1.0, 2.0], [3.0, -1.0]], dtype=torch.float64)
    close(values(two_relus(), x, "integrated-gradients"), torch.tensor([[1.0, -2.0], [0.0, -2.0], [3.0, 0.0]]).to(x))


def test_of_a_smooth_network_by_a_slow_sum():
    net, x, n = smooth(), normal(3, 5), 4000
    total = torch.zeros_like(x)
    for k in range(n):
        point = (0.5 + (k + 0.5) / n * (x - 0.5)).requires_grad_()
        total += torch.autograd.grad(net(point)[:, 2].sum(), point)[0]
    got = values(net, x, "integrated-gradients", 2, steps=20, baseline=0.5)
    close(got, (x - 0.5) * total / n, rtol=0, atol=1e-6)  # 1 / n^2: the error of the slow sum


def test_it_adds_up_and_says_so():
    net, x = smooth(), normal(4, 5)
    answer = explained(net, x, "integrated-gradients", 1, steps=40, baseline=0.5)
    change = (net(x) - net(torch.full_like(x, 0.5)))[:, 1].detach()
    assert change.abs().min() > 0.01
    close(torch.as_tensor(answer.values).sum(1), change, rtol=0, atol=1e-12)
    assert answer.checks["completeness"] == "promised"
    assert answer.checks["completeness_gap"].max() < 1e-12
    assert answer.checks["gradients"] == 4 * 40


def test_too_few_steps_show_in_the_gap():
    x = normal(4, 5)
    answer = explained(smooth(), x, "integrated-gradients", 1, steps=1)
    change = smooth()(x)[:, 1] - smooth()(0 * x)[:, 1]
    close(torch.as_tensor(answer.checks["completeness_gap"]), (torch.as_tensor(answer.values).sum(1) - change).abs())
    assert answer.checks["completeness_gap"].min() > 1e-4


def test_several_baselines_are_averaged():
    net, x, several = smooth(), normal(4, 5), normal(3, 5, seed=9)
    each = [values(net, x, "integrated-gradients", 1, baseline=b.numpy()) for b in several]
    got = explained(net, x, "integrated-gradients", 1, baseline=several.numpy())
    close(torch.as_tensor(got.values), torch.stack(each).mean(0))
    assert (each[0] - each[1]).abs().max() > 0.1
    assert got.checks["gradients"] == 4 * 3 * 50
    assert got.checks["completeness_gap"].max() < 1e-10


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 0},
        {"steps": -3},
        {"steps": 2.5},
        {"tolerance": 0.0},
        {"tolerance": float("nan")},
        {"libra": "perhaps"},
    ],
)
def test_bad_settings_are_refused_by_name_and_typed(settings):
    net, x = smooth(), normal(2, 5)
    (name,) = settings
    with pytest.raises(vitrail.VitrailError, match=f"IntegratedGradients: {name}=") as by_name:
        explained(net, x, "integrated-gradients", **settings)
    with pytest.raises(vitrail.VitrailError, match=f"IntegratedGradients: {name}=") as typed:
        explained(net, x, vitrail.IntegratedGradients(**settings))
    assert by_name.value.code == typed.value.code == "bad-setting"


# -- under LibraGrad's way back ---------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 4])
def test_with_libra_each_point_adds_up_to_what_the_network_says_there(steps):
    """x . g(t x) = f(t x) / t at every point of the path: that adds up to f(x) only where f(t x) = t f(x)."""
    net, x = transformers()["sdpa"], tokens()
    answer = explained(net, x, "integrated-gradients", 1, steps=steps, libra=True)
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    expected = sum(w / 2 * net((1 + n) / 2 * x)[:, 1] / ((1 + n) / 2) for n, w in zip(nodes, weights, strict=True))
    close(torch.as_tensor(answer.values).flatten(1).sum(1), expected.detach())
    assert answer.checks["completeness"] == "measured only"
    assert answer.checks["completeness_gap"].max() > 0.1


def test_with_libra_nothing_changes_where_nothing_needs_balance():
    net, x = seeded(torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 2))), normal(4, 5)
    for settings in ({}, {"tolerance": 0.5}):
        plain = explained(net, x, "integrated-gradients", **settings)
        libra = explained(net, x, "integrated-gradients", libra=True, **settings)
        close(libra.values, plain.values)
        assert plain.checks["completeness"] == "promised"
        assert libra.checks["completeness"] == "measured only"
        assert libra.checks["gradients"] == plain.checks["gradients"]


def test_with_libra_the_path_is_that_of_the_libra_gradient():
    net, x = transformers()["eager"], tokens()
    one = values(net, 0.5 * x, "libragrad") / (0.5 * x)
    close(values(net, x, "integrated-gradients", steps=1, libra=True), x * one)
    assert (x * one - values(net, x, "integrated-gradients", steps=1)).abs().max() > 0.05


def test_with_libra_no_plan_is_used():
    """A plan leaves out operations that the way back is about."""
    net, x = transformers()["eager"], tokens()
    model = vitrail.open(net)
    answer = vitrail.explain(model, x, vitrail.IntegratedGradients(steps=64, libra=True), 0, speed="fast")
    assert not answer.provenance["speedups"]
    close(torch.as_tensor(answer.values), values(net, x, "integrated-gradients", steps=64, libra=True))
