"""HiResCAM by loops, and where it adds up to the logit less its bias."""

import pytest
import torch
from torch import nn

from known import Pooled, captured, explained, normal, picture_nets, seeded

close = torch.testing.assert_close
LAYERS = {"pooled": "conv", "flattened": "conv", "functional": "one", "overwriting": "one", "reused": "again#2"}


def by_loops(activation, gradient):
    batch, channels, height, width = activation.shape
    result = torch.zeros(batch, height, width, dtype=activation.dtype)
    for n in range(batch):
        for i in range(height):
            for j in range(width):
                result[n, i, j] = sum(gradient[n, k, i, j] * activation[n, k, i, j] for k in range(channels))
    return result


@pytest.mark.parametrize("name", LAYERS)
def test_by_loops(name):
    net, x = picture_nets()[name]
    expected = by_loops(*captured(net, net.get_submodule(LAYERS[name].split("#")[0]), x, 1))
    assert expected.abs().max() > 1e-3
    close(torch.as_tensor(explained(net, x, "hires-cam", 1, layer=LAYERS[name]).arrays["layer_map"]), expected)


def test_what_speaks_against_is_below_zero():
    net, x = picture_nets()["flattened"]
    found = explained(net, x, "hires-cam", 1).arrays["layer_map"]
    assert found.min() < -1e-3
    assert found.max() > 1e-3


class Dense(nn.Module):
    """conv, relu, one dense layer on all places."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.flat, self.head = nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 12, 2)

    def forward(self, x):
        return self.head(self.flat(self.relu(self.conv(x))))


@pytest.mark.parametrize("net", [Pooled(), Dense()], ids=["pooled", "dense"])
def test_before_pooling_and_a_dense_layer_it_adds_up_to_the_logit_less_its_bias(net):
    net, x = seeded(net, 1), normal(3, 1, 5, 6)
    found = torch.as_tensor(explained(net, x, "hires-cam", 1, layer="relu").arrays["layer_map"])
    expected = (net(x)[:, 1] - net.head.bias[1]).detach()
    assert expected.abs().min() > 1e-2
    close(found.sum((1, 2)), expected)
