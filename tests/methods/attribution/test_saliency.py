"""Saliency is the size of the gradient."""

import torch

from known import linear, normal, smooth, values

close = torch.testing.assert_close


def test_of_a_linear_function_it_is_the_size_of_the_weight():
    x, w = normal(4, 5), normal(5, seed=1)
    assert (w < 0).any()
    close(values(linear(w), x, "saliency"), w.abs().expand(4, 5))


def test_it_is_the_gradient_without_its_sign():
    net, x = smooth(), normal(4, 5)
    close(values(net, x, "saliency", 2), values(net, x, "gradient", 2).abs())
