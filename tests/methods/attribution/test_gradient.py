"""Gradients in closed form, and through networks written in every way."""

import pytest
import torch

import vitrail
from known import (
    Overwriting,
    Residual,
    Reused,
    Squashed,
    linear,
    maximum,
    normal,
    product,
    quadratic,
    seeded,
    symmetric,
    two_relus,
    values,
)

close = torch.testing.assert_close


def test_of_a_linear_function_it_is_the_weight():
    x, w = normal(4, 5), normal(5, seed=1)
    close(values(linear(w, 2.0), x, "gradient"), w.expand(4, 5))


def test_of_a_quadratic_form_it_is_a_times_x():
    x, a = normal(4, 5), symmetric(5)
    close(values(quadratic(a), x, "gradient"), x @ a)


def test_of_a_product_it_swaps_the_factors():
    x = normal(4, 2)
    close(values(product(), x, "gradient"), x.flip(1))


def test_of_a_maximum_it_points_at_the_largest():
    x = normal(4, 5)
    close(values(maximum(), x, "gradient"), torch.nn.functional.one_hot(x.argmax(1), 5).to(x))


def test_relus_that_are_off_pass_nothing():
    x = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
    close(values(two_relus(), x, "gradient"), torch.tensor([[1.0, -1.0], [0.0, -1.0], [1.0, 0.0]]).to(x))


@pytest.mark.parametrize("squash", ["softmax", "sigmoid"])
def test_the_question_is_the_logit_under_a_softmax_or_sigmoid(squash):
    net, x = seeded(Squashed(squash=squash), 2), normal(4, 5)
    close(values(net, x, "gradient", 1), net.dense.weight[1].detach().expand(4, 5))


def test_asked_for_a_probability_it_is_that_of_the_softmax():
    net, x = seeded(Squashed(), 2), normal(4, 5)
    w, p = net.dense.weight.detach(), net(x).detach()
    expected = p[:, [1]] * (w[1] - p @ w)  # d p_1 / d x = p_1 (w_1 - sum_c p_c w_c)
    close(values(net, x, "gradient", vitrail.Output(1, of="probability")), expected)


def test_asked_for_a_probability_it_is_that_of_the_sigmoid():
    net, x = seeded(Squashed(squash="sigmoid"), 2), normal(4, 5)
    p = net(x).detach()[:, [1]]
    expected = p * (1 - p) * net.dense.weight[1].detach()
    close(values(net, x, "gradient", vitrail.Output(1, of="probability")), expected)


def test_of_a_residual_network_by_hand():
    net, x = seeded(Residual(), 3), normal(4, 5)
    inner, head = net.inner.weight.detach(), net.head.weight[2].detach()
    slope = 1 - torch.tanh(net.inner(x)).detach() ** 2
    close(values(net, x, "gradient", 2), head + (head * slope) @ inner)


@pytest.mark.parametrize("net", [Reused, Overwriting])
def test_modules_that_are_reused_and_relus_in_place_agree_with_finite_differences(net):
    net, x, h = seeded(net(), 4), normal(2, 1, 4, 4, seed=14), 1e-6
    got = values(net, x, "gradient", 1)
    for i in range(16):
        step = torch.zeros(16, dtype=x.dtype).index_fill(0, torch.tensor(i), h).view(1, 1, 4, 4)
        with torch.no_grad():
            slope = (net(x + step) - net(x - step))[:, 1] / (2 * h)
        close(got.flatten(1)[:, i], slope, rtol=0, atol=1e-7)


def test_every_example_may_be_asked_about_its_own_class():
    net, x = seeded(Squashed(), 2), normal(3, 5)
    close(values(net, x, "gradient", [2, 0, 1]), net.dense.weight.detach()[[2, 0, 1]])
