"""Conductance: exact before a linear head, and against finite differences where it is not."""

import pytest
import torch
from torch import nn

import vitrail
from known import Flattened, Function, explained, normal, seeded, smooth, values

close = torch.testing.assert_close


def deep(seed=0):
    """Smooth before and after the layer that is asked about."""
    return seeded(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 2)), seed)


def slowly(net, cut, index, x, b, n=2000):
    """(d f / d A_j) (d A_j / d t), summed over n middles of the path; d A_j / d t by a small step along it."""
    front, back, h = net[:cut], net[cut:], 1e-5
    total = 0.0
    for k in range(n):
        point = lambda t: b + t * (x - b)  # noqa: E731
        t = (k + 0.5) / n
        with torch.no_grad():
            speed = (front(point(t + h)) - front(point(t - h))) / (2 * h)
        a = front(point(t)).detach().requires_grad_()
        total = total + torch.autograd.grad(back(a)[:, index].sum(), a)[0] * speed / n
    return total


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_before_a_linear_head_it_is_the_weight_times_the_change_of_the_unit(steps):
    net, x = smooth(), normal(4, 5)
    change = (net[:2](x) - net[:2](torch.full_like(x, 0.5))).detach()
    got = values(net, x, "layer-conductance", 1, layer="1", steps=steps, baseline=0.5)
    close(got, change * net[2].weight[1].detach())


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_against_finite_differences(cut):
    net, x = deep(), normal(2, 4)
    got = values(net, x, "layer-conductance", 1, layer=str(cut - 1), steps=400, baseline=0.5)
    expected = slowly(net, cut, 1, x, torch.full_like(x, 0.5))
    assert expected.abs().max() > 0.1
    close(got, expected, rtol=0, atol=2e-5)


def test_the_error_falls_with_the_square_of_the_steps():
    # points at the beginning of a step instead of its middle would make it fall with the steps only
    net, x = deep(), 2 * normal(3, 4)
    gaps = [explained(net, x, "layer-conductance", 1, layer="1", steps=n).checks["completeness_gap"] for n in (20, 80)]
    assert (gaps[0] > 1e-5).all()
    assert (gaps[1] < gaps[0] / 12).all()  # 16 in the limit; 4 for an error of the first order
    assert explained(net, x, "layer-conductance", 1).checks["completeness"] == "promised"


def test_several_baselines_are_averaged():
    net, x, several = deep(), normal(2, 4), normal(3, 4, seed=9)
    each = [values(net, x, "layer-conductance", 1, layer="1", steps=9, baseline=b.numpy()) for b in several]
    got = values(net, x, "layer-conductance", 1, layer="1", steps=9, baseline=several.numpy())
    close(got, torch.stack(each).mean(0), rtol=1e-12, atol=1e-12)


def test_of_the_first_layer_of_a_linear_function_nothing_is_lost():
    net = nn.Sequential(nn.Identity(), Function(lambda x: x @ normal(5, seed=1)))
    x = normal(3, 5)
    answer = explained(net, x, "layer-conductance", layer="0", steps=3)
    close(torch.as_tensor(answer.values), x * normal(5, seed=1))
    assert answer.checks["completeness_gap"].max() < 1e-12


def test_a_layer_of_pictures():
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    answer = explained(net, x, "layer-conductance", 1, layer="conv", steps=100)
    assert answer.axes["values"] == ("batch", "channel", "height", "width")
    assert answer.checks["completeness_gap"].max() < 1e-3


def test_a_layer_that_the_target_does_not_need_is_refused():
    with pytest.raises(vitrail.VitrailError, match="does not depend on layer"):
        explained(deep(), normal(2, 4), "layer-conductance", vitrail.Unit("1", 0), layer="3")
