"""Input times gradient."""

import pytest
import torch

from biasless import tokens, transformers
from known import explained, linear, normal, quadratic, rectified, symmetric, values

close = torch.testing.assert_close


def test_of_a_linear_function_it_is_weight_times_input():
    x, w = normal(4, 5), normal(5, seed=1)
    close(values(linear(w, 2.0), x, "input-x-gradient"), x * w)


def test_of_a_quadratic_form_it_is_twice_the_share_of_each_input():
    x, a = normal(4, 5), symmetric(5)
    close(values(quadratic(a), x, "input-x-gradient"), x * (x @ a))


def test_relus_without_biases_are_shared_out_completely():
    net, x = rectified(), normal(4, 5)
    net[0].bias.data.zero_()
    net[2].bias.data.zero_()
    close(values(net, x, "input-x-gradient", 1).sum(1), net(x)[:, 1].detach())


@pytest.mark.parametrize("name", ["eager", "encoder"])
def test_with_libra_transformers_without_biases_are_shared_out_completely(name):
    net, x = transformers()[name], tokens()
    answer = explained(net, x, "input-x-gradient", 1, libra=True)
    close(torch.as_tensor(answer.values).sum((1, 2)), net(x)[:, 1].detach())
    assert explained(net, x, "input-x-gradient", 1).checks["completeness_gap"].min() > 1e-3
