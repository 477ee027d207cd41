"""LayerCAM by loops over channels and places."""

import pytest
import torch

from known import captured, explained, picture_nets

close = torch.testing.assert_close
LAYERS = {"pooled": "conv", "flattened": "conv", "functional": "one", "overwriting": "one", "reused": "again#2"}


def by_loops(activation, gradient):
    batch, channels, height, width = activation.shape
    result = torch.zeros(batch, height, width, dtype=activation.dtype)
    for n in range(batch):
        for i in range(height):
            for j in range(width):
                for k in range(channels):
                    result[n, i, j] += max(gradient[n, k, i, j], 0.0) * activation[n, k, i, j]
    return result.clamp(min=0)


@pytest.mark.parametrize("name", LAYERS)
def test_by_loops(name):
    net, x = picture_nets()[name]
    activation, gradient = captured(net, net.get_submodule(LAYERS[name].split("#")[0]), x, 1)
    assert (gradient < 0).any()
    expected = by_loops(activation, gradient)
    assert 0 < (expected > 0).double().mean() < 1
    close(torch.as_tensor(explained(net, x, "layer-cam", 1, layer=LAYERS[name]).arrays["layer_map"]), expected)
