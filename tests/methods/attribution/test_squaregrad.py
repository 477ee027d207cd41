"""SquareGrad: the mean square of the gradient under noise."""

import pytest
import torch

from known import cubic, explained, linear, normal, smooth, squares, values

close = torch.testing.assert_close


def scalar(number):
    return torch.tensor(number, dtype=torch.float64)


def test_of_a_linear_function_it_is_the_square_of_the_weight():
    x, w = normal(2, 5), normal(5, seed=1)
    close(values(linear(w), x, "squaregrad", std=1.0, samples=3), (w**2).expand(2, 5))


def test_of_squares_it_is_the_square_of_the_mean_and_the_variance():
    # (w x)^2 + (w std)^2 = 4 * 0.49 + 4 * 0.25 = 2.96; the square of the mean alone is 1.96, the variance 1
    x = torch.full((1, 2000), 0.7, dtype=torch.float64)
    got = values(squares(torch.full((2000,), 2.0)), x, "squaregrad", std=0.5, samples=50)
    close(got.mean(), scalar(2.96), rtol=0.03, atol=0)


def test_of_a_cubic_in_closed_form():
    x, s = torch.full((1, 3000), 0.7, dtype=torch.float64), 0.5
    got = values(cubic(), x, "squaregrad", std=s, samples=50)
    close(got.mean(), scalar(0.7**4 + 6 * 0.7**2 * s**2 + 3 * s**4), rtol=0.04, atol=0)


def test_it_is_the_square_of_the_mean_and_the_spread_of_the_same_draws():
    net, x, n = smooth(), normal(3, 5), 7
    mean, variance, square = (values(net, x, f"{name}grad", 1, std=0.5, samples=n, seed=3)
                              for name in ("smooth", "var", "square"))  # fmt: skip
    close(square, mean**2 + variance * (n - 1) / n)
    assert variance.mean() > 5e-3


@pytest.mark.parametrize(("net", "truth"), [(squares(torch.ones(3000)), 1.0), (cubic(), 3.0)], ids=["squares", "cubic"])
def test_the_standard_error_is_right_for_normal_and_for_skewed_draws(net, truth):
    # of e^2 the variance is 2, of e^4 it is 96; a formula for normal draws would say 18 for the second
    x = torch.zeros(1, 3000, dtype=torch.float64)
    answer = explained(net, x, "squaregrad", std=1.0, samples=200)
    off = (torch.as_tensor(answer.values) - truth).square().mean().sqrt()
    said = torch.as_tensor(answer.arrays["standard_error"]).square().mean().sqrt()
    close(said, off, rtol=0.08, atol=0)
