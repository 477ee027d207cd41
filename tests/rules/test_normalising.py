import pytest
import torch
import torch.nn.functional as F

from known import normal
from vitrail.rules.normalising import IN_STEPS, LINEAR, still

close = torch.testing.assert_close
X = normal(3, 4, 5, 2, seed=1)
CASES = [
    ("layer_norm", F.layer_norm, (X, (5, 2), normal(5, 2), normal(5, 2, seed=2), 1e-3)),
    ("layer_norm", F.layer_norm, (X, (2,))),
    ("rms_norm", F.rms_norm, (X, (5, 2), normal(5, 2), 1e-3)),
    ("rms_norm", F.rms_norm, (X, (2,))),
    ("group_norm", F.group_norm, (X, 2, normal(4), normal(4, seed=2), 1e-3)),
    ("group_norm", F.group_norm, (X, 4)),
    ("instance_norm", F.instance_norm, (X, None, None, normal(4), normal(4, seed=2))),
    ("instance_norm", F.instance_norm, (X, normal(4), normal(4).abs(), normal(4), None, False)),
    ("normalize", F.normalize, (X,)),
    ("normalize", F.normalize, (X, 1.0, 2)),
    ("normalize", F.normalize, (X * 0,)),
]


@pytest.mark.parametrize(("name", "own", "args"), CASES)
def test_in_steps_it_is_the_same(name, own, args):
    close(IN_STEPS[name](*args), own(*args))


@pytest.mark.parametrize(("name", "own", "args"), CASES[:-1])
def test_with_the_spread_held_still_it_is_the_same_and_its_way_back_is_linear(name, own, args):
    x = args[0].clone().requires_grad_()
    linear = LINEAR[name](x, *args[1:])
    close(linear.detach(), own(*args))
    without = LINEAR[name](
        x, *(None if isinstance(a, torch.Tensor) and i == len(args) - 2 else a for i, a in enumerate(args[1:]))
    )
    (slope,) = torch.autograd.grad(without.sum(), x, retain_graph=True)
    (whole,) = torch.autograd.grad(IN_STEPS[name](x, *args[1:]).square().sum(), x)
    (held,) = torch.autograd.grad(linear.square().sum(), x)
    assert slope.shape == x.shape
    counted = name == "instance_norm" and len(args) == 6 and args[5] is False  # its spread is a constant anyway
    assert counted or (whole - held).abs().max() > 1e-6


def test_there_is_a_linear_one_for_each():
    assert LINEAR.keys() == IN_STEPS.keys()
    x = torch.ones(2, requires_grad=True)
    assert still(x * 2).requires_grad is False


def test_held_still_a_layer_norm_scales_with_the_upstream_only():
    """R = gradient of (x - mean) / s with s a constant: (1 - 1/n) / s on the diagonal."""
    x = normal(1, 4, seed=3).requires_grad_()
    (found,) = torch.autograd.grad(LINEAR["layer_norm"](x, (4,), eps=0.0)[0, 0], x)
    spread = x.detach().std(unbiased=False)
    close(found, torch.tensor([[0.75, -0.25, -0.25, -0.25]]).double() / spread)
