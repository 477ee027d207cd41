"""Grad-CAM++ by loops, with the derivatives of exp(f) taken by autograd."""

import pytest
import torch

from known import Pooled, captured, explained, normal, picture_nets, seeded

close = torch.testing.assert_close
LAYERS = {"pooled": "relu", "flattened": "conv", "functional": "two", "overwriting": "one"}


def by_loops(activation, gradient):
    """Eq. 5 and 19 as they stand: Y = exp(f), its second and third derivatives exp(f) g^2 and exp(f) g^3."""
    batch, channels, height, width = activation.shape
    result = torch.zeros(batch, height, width, dtype=activation.dtype)
    for n in range(batch):
        for k in range(channels):
            total, weight = activation[n, k].sum(), 0.0
            for i in range(height):
                for j in range(width):
                    g = gradient[n, k, i, j]
                    below = 2 * g**2 + total * g**3
                    weight += (g**2 / below if below != 0 else 0.0) * max(g, 0.0)
            result[n] += weight * activation[n, k]
    return result.clamp(min=0)


@pytest.mark.parametrize("name", LAYERS)
def test_by_loops(name):
    net, x = picture_nets()[name]
    expected = by_loops(*captured(net, net.get_submodule(LAYERS[name]), x, 1))
    assert expected.max() > 1e-3
    close(torch.as_tensor(explained(net, x, "grad-cam-plus-plus", 1, layer=LAYERS[name]).arrays["layer_map"]), expected)


def test_the_derivatives_of_the_exponential_are_as_the_formula_says():
    # at a layer from which the target is linear, as after pooling: d^n exp(f) / d a^n = exp(f) g^n
    net, x = seeded(Pooled(), 1), normal(1, 1, 3, 3)
    a = net.relu(net.conv(x)).detach()[0, 0, 1, 1].requires_grad_()
    whole = net.relu(net.conv(x)).detach()

    def score(value):
        changed = whole.clone()
        changed[0, 0, 1, 1] = value
        return net.head(changed.mean((2, 3)))[0, 1].exp()

    derivatives, y = [], score(a)
    for _ in range(3):
        (y,) = torch.autograd.grad(y, a, create_graph=True)
        derivatives.append(y)
    g = net.head.weight[1, 0].detach() / 9
    close(torch.stack(derivatives).detach(), score(a).detach() * torch.stack([g, g**2, g**3]))


def test_small_gradients_in_single_precision_are_not_lost():
    # g^2 = 1e-44 has hardly a digit left in single precision, and g^3 none: alpha must not be made of them
    net, x = seeded(Pooled(), 1), normal(1, 1, 5, 6)
    large = explained(net, x, "grad-cam-plus-plus", 1).values
    net.head.weight.data *= 1e-22
    exact = explained(net, x, "grad-cam-plus-plus", 1).values
    single = explained(net.float(), x.float(), "grad-cam-plus-plus", 1).values
    assert large.max() > 1e-3
    assert exact.max() > 1e-27
    close(torch.as_tensor(single).double() * 1e22, torch.as_tensor(exact) * 1e22, rtol=1e-4, atol=1e-6)
