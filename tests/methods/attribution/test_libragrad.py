"""LibraGrad as a method, and as a switch of others. The rules are tested in rules/test_libra.py."""

import pytest
import torch

from biasless import tokens, transformers
from known import explained, normal, picture_nets, smooth, values

close = torch.testing.assert_close


@pytest.mark.parametrize("name", ["eager", "encoder"])
def test_it_is_input_x_gradient_with_the_switch(name):
    net, x = transformers()[name], tokens()
    found = values(net, x, "libragrad")
    close(found, values(net, x, "input-x-gradient", libra=True))
    assert (found - values(net, x, "input-x-gradient")).abs().max() > 0.05


def test_the_gap_to_the_target_is_measured():
    net, x = transformers()["eager"], tokens()
    assert explained(net, x, "libragrad").checks["conservation_gap"].max() < 1e-12
    net, x = picture_nets()["pooled"]
    answer = explained(net, x, "libragrad")
    gap = (torch.as_tensor(answer.values).sum((1, 2, 3)) - net(x)[:, 0].detach()).abs()
    close(torch.as_tensor(answer.checks["conservation_gap"]), gap)
    assert gap.min() > 0.1


def test_tanh_has_a_part_that_no_input_carries():
    net, x = smooth(), normal(4, 5)
    net[0].bias.data.zero_()
    net[2].bias.data.zero_()
    assert explained(net, x, "libragrad").checks["conservation_gap"].min() > 1e-3


def test_a_batch_is_one_by_one():
    net, x = transformers()["sdpa"], tokens()
    for method in ("libragrad", "attn-lrp"):
        alone = torch.cat([values(net, x[i : i + 1], method) for i in range(3)])
        close(values(net, x, method), alone)


def test_single_and_half_precision_work_too():
    net, x = transformers()["masked"], tokens()
    exact = values(net, x, "libragrad")
    close(values(net.float(), x.float(), "libragrad").double(), exact, rtol=1e-3, atol=1e-4)
    half = values(net.bfloat16(), x.bfloat16(), "libragrad")
    assert (half.double() - exact).abs().max() < 0.1 * exact.abs().max()
