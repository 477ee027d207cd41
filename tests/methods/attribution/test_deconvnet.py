"""Deconvnet as a method. The rule is tested in rules/test_guided.py."""

import torch

from known import explained, normal, rectified, smooth, values

close = torch.testing.assert_close


def test_without_pooling_it_does_not_depend_on_x():
    net = rectified()
    one, other = values(net, normal(4, 5, seed=1), "deconvnet"), values(net, normal(4, 5, seed=2), "deconvnet")
    close(one, other)
    close(one[0], net[2].weight.data[0].clamp(min=0) @ net[0].weight.data)
    assert (one - values(net, normal(4, 5, seed=1), "guided-backprop")).abs().max() > 0.1


def test_it_says_what_it_is_without_rectifiers():
    net, x = smooth(), normal(4, 5)
    assert explained(net, x, "deconvnet").checks["rectifiers"] == "none: this is the gradient"
    assert explained(rectified(), x, "deconvnet").checks["rectifiers"] == "relu"
    close(values(net, x, "deconvnet"), values(net, x, "gradient"))
