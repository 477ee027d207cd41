"""Eigen-CAM by the eigenvectors of a matrix that loops put together."""

import pytest
import torch
from torch import nn

from known import captured, explained, picture_nets

close = torch.testing.assert_close
LAYERS = {"pooled": "relu", "flattened": "conv", "functional": "two", "overwriting": "one"}


def by_loops(activation):
    """The places along the channel direction that carries most, by repeated multiplication."""
    batch, channels, height, width = activation.shape
    result = torch.zeros(batch, height, width, dtype=activation.dtype)
    for n in range(batch):
        products = torch.zeros(channels, channels, dtype=activation.dtype)
        for i in range(height):
            for j in range(width):
                products += torch.outer(activation[n, :, i, j], activation[n, :, i, j])
        v = torch.ones(channels, dtype=activation.dtype)
        for _ in range(20000):
            v = products @ v
            v = v / v.norm()
        for i in range(height):
            for j in range(width):
                result[n, i, j] = activation[n, :, i, j] @ v
        if result[n].sum() < 0:
            result[n] = -result[n]
    return result


@pytest.mark.parametrize("name", LAYERS)
def test_by_loops(name):
    net, x = picture_nets()[name]
    activation, _ = captured(net, net.get_submodule(LAYERS[name]), x, 1)
    expected = by_loops(activation)
    assert expected.abs().max() > 0.1
    found = explained(net, x, "eigen-cam", 1, layer=LAYERS[name]).arrays["layer_map"]
    close(torch.as_tensor(found), expected, rtol=1e-6, atol=1e-8)


def test_of_one_channel_times_a_pattern_it_is_the_pattern():
    # A = pattern x direction has rank one: the component is the pattern times the length of the direction
    net = nn.Sequential(nn.Conv2d(1, 3, 1, bias=False), nn.Flatten(), nn.Linear(3 * 12, 2)).double()
    net[0].weight.data = torch.tensor([-1.0, -2.0, 2.0], dtype=torch.float64).view(3, 1, 1, 1)
    pattern = torch.arange(12, dtype=torch.float64).view(1, 1, 3, 4) - 3
    found = torch.as_tensor(explained(net, pattern, "eigen-cam", layer="0").arrays["layer_map"])
    close(found, 3 * pattern[0])  # the length of (-1, -2, 2), and positive on the whole
    turned = torch.as_tensor(explained(net, -pattern, "eigen-cam", layer="0").arrays["layer_map"])
    close(turned, 3 * pattern[0])


def test_it_is_the_same_whatever_is_asked():
    net, x = picture_nets()["functional"]
    close(explained(net, x, "eigen-cam", 0).values, explained(net, x, "eigen-cam", 2).values)
