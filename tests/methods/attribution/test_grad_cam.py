"""Grad-CAM by loops over channels and places, and by hand where it pools."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from known import Pooled, captured, explained, normal, picture_nets, seeded

close = torch.testing.assert_close
#: network -> a layer of it whose output a plain hook can capture
LAYERS = {"pooled": "conv", "flattened": "conv", "functional": "one", "overwriting": "one", "reused": "again#2"}


def by_loops(activation, gradient):
    batch, channels, height, width = activation.shape
    result = torch.zeros(batch, height, width, dtype=activation.dtype)
    for n in range(batch):
        for k in range(channels):
            weight = sum(gradient[n, k, i, j] for i in range(height) for j in range(width)) / (height * width)
            for i in range(height):
                for j in range(width):
                    result[n, i, j] += weight * activation[n, k, i, j]
    return result.clamp(min=0)


@pytest.mark.parametrize("name", LAYERS)
def test_by_loops(name):
    net, x = picture_nets()[name]
    layer = LAYERS[name]
    expected = by_loops(*captured(net, net.get_submodule(layer.split("#")[0]), x, 1))
    assert 0 < (expected > 0).double().mean() < 1  # some of it is cut
    close(torch.as_tensor(explained(net, x, "grad-cam", 1, layer=layer).arrays["layer_map"]), expected)


def test_before_pooling_channels_are_weighed_by_the_dense_layer():
    # d f_c / d A_k is W_ck / places everywhere
    net, x = seeded(Pooled(), 1), normal(2, 1, 5, 6)
    activation = net.relu(net.conv(x)).detach()
    expected = (net.head.weight[1].detach()[:, None, None] / 30 * activation).sum(1).relu()
    close(torch.as_tensor(explained(net, x, "grad-cam", 1).arrays["layer_map"]), expected)
    assert expected.max() > 1e-3


def test_relus_in_place_after_the_layer_do_not_change_it():
    plain, inplace, x = seeded(Pooled(), 1), seeded(Pooled(inplace=True), 1), normal(2, 1, 5, 6)
    one, other = (explained(net, x, "grad-cam", 1, layer="conv").values for net in (plain, inplace))
    close(one, other)


class Gated(nn.Module):
    """conv, SiLU, conv, SiLU, mean, dense."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(F.silu(self.two(F.silu(self.one(x)))).mean((2, 3)))


def test_with_libra_gates_above_the_layer_are_held_still():
    net, x = seeded(Gated(), 3), normal(3, 2, 8, 6, seed=13)
    with torch.no_grad():
        first = net.one(x)
        second = net.two(F.silu(first))
    leaf = first.clone().requires_grad_()
    gated = net.two(leaf * torch.sigmoid(first)) * torch.sigmoid(second)
    (gradient,) = torch.autograd.grad(net.head(gated.mean((2, 3)))[:, 1].sum(), leaf)
    found = torch.as_tensor(explained(net, x, "grad-cam", 1, layer="one", libra=True).arrays["layer_map"])
    close(found, by_loops(first, gradient))
    plain = torch.as_tensor(explained(net, x, "grad-cam", 1, layer="one").arrays["layer_map"])
    assert (found - plain).abs().max() > 1e-3
