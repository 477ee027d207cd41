"""Guided backpropagation as a method: what it tells beside its values. The rule is tested in rules/test_guided.py."""

import torch

import vitrail
from known import Functional, explained, normal, seeded, smooth, values

close = torch.testing.assert_close


def test_nothing_negative_comes_back_through_a_rectifier():
    """With positive weights below the last rectifier, what reaches the input is positive."""
    net, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)
    net.one.weight.data.abs_()
    net.two.weight.data.abs_()
    found = values(net, x, "guided-backprop", 1)
    assert found.min() >= 0
    assert found.max() > 0.01
    assert values(net, x, "gradient", 1).min() < -0.001


def test_it_says_what_it_is_without_rectifiers():
    net, x = smooth(), normal(4, 5)
    answer = explained(net, x, "guided-backprop")
    assert answer.checks["rectifiers"] == "none: this is the gradient"
    close(torch.as_tensor(answer.values), values(net, x, "gradient"))


def test_a_target_at_a_layer_is_guided_below_it():
    net, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)
    found = values(net, x, "guided-backprop", vitrail.Unit("one", 2))
    close(found, values(net, x, "gradient", vitrail.Unit("one", 2)))
    assert found.abs().max() > 0.01
