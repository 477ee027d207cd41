"""VarGrad: the variance of the gradient under noise, and how well it is known."""

import pytest
import torch

import vitrail
from known import cubic, explained, linear, normal, smooth, squares, values

close = torch.testing.assert_close


def scalar(number):
    return torch.tensor(number, dtype=torch.float64)


def test_of_squares_it_is_the_variance_and_not_the_deviation():
    # gradient w (x + e): variance (w std)^2 = 1.96, deviation 1.4; 2000 x 50 draws are 0.5 % off
    x = normal(1, 2000)
    got = values(squares(torch.full((2000,), 2.8)), x, "vargrad", std=0.5, samples=50)
    close(got.mean(), scalar(1.96), rtol=0.03, atol=0)


@pytest.mark.parametrize("samples", [2, 3])
def test_it_is_unbiased_with_few_samples(samples):
    # division by n instead of n - 1 would give half, or two thirds; 1.4 / sqrt(8000) = 1.6 % off
    got = values(squares(torch.ones(8000)), normal(1, 8000), "vargrad", std=1.0, samples=samples)
    close(got.mean(), scalar(1.0), rtol=0.07, atol=0)


def test_of_a_cubic_in_closed_form():
    x, s = torch.full((1, 2000), 0.7, dtype=torch.float64), 0.5
    got = values(cubic(), x, "vargrad", std=s, samples=50)
    close(got.mean(), scalar(4 * 0.7**2 * s**2 + 2 * s**4), rtol=0.05, atol=0)


def test_a_constant_gradient_however_large_does_not_vary():
    x, w = normal(2, 5), 1e6 * normal(5, seed=1)
    got = values(linear(w), x, "vargrad", std=1.0, samples=10)
    close(got, torch.zeros_like(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["squares", "cubic"])
def test_the_standard_error_is_right_for_normal_and_for_skewed_draws(name):
    # the gradient of the cubic at 0 is e^2, far from normal: the usual formula 2 s^4 / (n - 1) would say 2.6 times
    # too little
    n, x = 200, torch.zeros(1, 3000, dtype=torch.float64)
    net, truth = (squares(torch.ones(3000)), 1.0) if name == "squares" else (cubic(), 2.0)
    answer = explained(net, x, "vargrad", std=1.0, samples=n)
    off = (torch.as_tensor(answer.values) - truth).square().mean().sqrt()
    said = torch.as_tensor(answer.arrays["standard_error"]).square().mean().sqrt()
    close(said, off, rtol=0.12, atol=0)


@pytest.mark.parametrize("samples", [0, 1])
def test_one_sample_has_no_variance(samples):
    with pytest.raises(vitrail.VitrailError, match="VarGrad: samples="):
        explained(smooth(), normal(2, 5), "vargrad", samples=samples)
