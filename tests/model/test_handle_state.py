"""Everything is left as found."""

import random

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import VitrailError


class Fails(nn.Module):
    """Raises when it is told to."""

    def __init__(self):
        super().__init__()
        self.now = False

    def forward(self, x):
        if self.now:
            raise RuntimeError("on purpose")
        return x


class Greedy(nn.Module):
    """Overwrites its input."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        x.mul_(2).add_(1)
        return self.fc(x)


class Lazy(nn.Module):
    """Makes a table at its first run, and keeps it."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.table = None

    def forward(self, x):
        if self.table is None:
            self.table = torch.arange(3.0, dtype=x.dtype) + x.new_ones(3)
        return self.fc(x * self.table)


class Noisy(nn.Module):
    """Draws, whatever its mode."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(x) + torch.rand(1) + np.random.rand() + random.random()  # noqa: NPY002


@pytest.fixture
def network(picture):
    """Modes, flags, gradients and hooks in a mixture."""
    picture.stop = Fails()
    picture.train()
    picture.block.eval()
    picture.block[0].train()
    picture.mix.weight.requires_grad_(False)
    picture.block[1].bias.requires_grad_(False)
    picture.fc.bias.grad = torch.ones_like(picture.fc.bias)
    picture.fc.register_forward_hook(lambda *_: None)
    picture.act.register_forward_pre_hook(lambda *_: None)
    plain = picture.forward
    picture.forward = lambda x: picture.stop(plain(x))
    return picture


def state(network):
    modules, parameters = list(network.modules()), list(network.parameters())
    return {
        "modes": [m.training for m in modules],
        "hooks": [
            (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks), len(m._backward_pre_hooks))
            for m in modules
        ],
        "asking": [p.requires_grad for p in parameters],
        "gradients": [None if p.grad is None else (id(p.grad), p.grad.tolist()) for p in parameters],
        "objects": [id(p) for p in parameters],
        "numbers": {k: v.tolist() for k, v in network.state_dict().items()},
        "keys": [sorted(m.__dict__) for m in modules],
        "random": (torch.get_rng_state().tolist(), str(np.random.get_state()), str(random.getstate())),  # noqa: NPY002
        "gradient mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    }


METHODS = {
    "gradient": {},
    "integrated-gradients": {"steps": 40},
    "smoothgrad": {"samples": 3},
    "grad-cam": {"layer": "mix"},
    "occlusion": {},
    "layer-activation": {"layer": "/softplus#1"},
    "layer-conductance": {"layer": "block", "steps": 4},
}


@pytest.mark.parametrize("name", METHODS)
def test_all_is_as_found_after_an_answer(name, network, pixels):
    model, before, x = vitrail.open(network), state(network), pixels.clone()
    vitrail.explain(model, pixels, name, 1, **METHODS[name])
    assert state(network) == before
    torch.testing.assert_close(pixels, x, rtol=0, atol=0)
    assert not pixels.requires_grad


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("surveyed", [False, True])
def test_all_is_as_found_after_a_failure_of_the_network(name, surveyed, network, pixels):
    model = vitrail.open(network)
    if surveyed:
        model(pixels)
    network.stop.now = True
    before = state(network)
    with pytest.raises(VitrailError, match="on purpose"):
        vitrail.explain(model, pixels, name, 1, **METHODS[name])
    assert state(network) == before


def test_all_is_as_found_after_a_failure_of_a_method_or_a_target(network, pixels):
    class Broken:
        def __call__(self, model, x, target):
            torch.rand(3)
            model.gradient(x, target)
            raise ZeroDivisionError

    def target(trace):
        raise ZeroDivisionError

    model, before = vitrail.open(network), state(network)
    with pytest.raises(ZeroDivisionError):
        vitrail.explain(model, pixels, Broken(), 1)
    assert state(network) == before
    with pytest.raises(ZeroDivisionError):
        vitrail.explain(model, pixels, "gradient", target)
    assert state(network) == before


def test_global_random_numbers_go_on_as_if_nothing_had_been(pixels):
    model = vitrail.open(Noisy().double())
    draws = []
    for ask in (False, True):
        torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
        if ask:
            vitrail.explain(model, np.ones((2, 3)), "smoothgrad", 1, samples=3)
        draws.append((float(torch.rand(1)), np.random.rand(), random.random()))  # noqa: NPY002
    assert draws[0] == draws[1]


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_an_input_that_the_network_overwrites_is_kept(kind):
    own = Greedy().double()
    x = np.random.default_rng(0).normal(size=(4, 3))
    given = x.copy() if kind == "numpy" else torch.as_tensor(x.copy())
    expected = torch.as_tensor(2 * x + 1) @ own.fc.weight.T + own.fc.bias
    model = vitrail.open(own)
    torch.testing.assert_close(model(given), expected.detach())
    torch.testing.assert_close(model(given), expected.detach())
    answer = vitrail.explain(model, given, "integrated-gradients", 1, steps=8)
    np.testing.assert_array_equal(np.asarray(given), x)
    torch.testing.assert_close(torch.as_tensor(answer.values), torch.as_tensor(x) * 2 * own.fc.weight[1].detach())
    torch.testing.assert_close(torch.as_tensor(answer.outputs), expected.detach())
    assert vitrail.explain(model, given, "gradient", 0).checks["target_value"] == pytest.approx(expected[:, 0].tolist())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("name", ["gradient", "integrated-gradients", "grad-cam"])
def test_it_works_inside_any_gradient_mode(mode, kind, name, picture, pixels):
    settings = {"grad-cam": {"layer": "mix"}, "integrated-gradients": {"steps": 4}}.get(name, {})
    expected = vitrail.explain(vitrail.open(picture), pixels, name, 1, **settings).values
    with mode():
        x = pixels.numpy().copy() if kind == "numpy" else pixels.clone()
        model = vitrail.open(picture)
        answer = vitrail.explain(model, x, name, 1, **settings)
        model(x), model.trace(x, keep=["mix"]), model.gradient(x, vitrail.Output(0))
    torch.testing.assert_close(answer.values, expected)


def test_a_network_that_keeps_what_it_made_can_still_be_trained():
    own = Lazy().double()
    model = vitrail.open(own)
    x = np.ones((2, 3))
    model(x)
    vitrail.explain(model, x, "integrated-gradients", 1, steps=4)
    assert not own.table.is_inference()
    own.train()
    own(torch.ones(2, 3, dtype=torch.float64)).sum().backward()
    assert own.fc.weight.grad is not None
    with torch.inference_mode():
        fresh = Lazy().double()
    own = Lazy().double()
    with torch.inference_mode():
        vitrail.explain(vitrail.open(own), x, "gradient", 1)
    assert not own.table.is_inference()
    assert fresh.table is None


def test_training_between_two_questions_counts(picture, pixels):
    model = vitrail.open(picture)
    one = vitrail.explain(model, pixels, "gradient", 1)
    loss = picture(pixels).square().sum()
    loss.backward()
    with torch.no_grad():
        for parameter in picture.parameters():
            parameter -= 0.1 * parameter.grad
    two = vitrail.explain(model, pixels, "gradient", 1)
    x = pixels.clone().requires_grad_()
    (expected,) = torch.autograd.grad(picture(x)[:, 1].sum(), x)
    torch.testing.assert_close(torch.as_tensor(two.values), expected)
    assert one.provenance["model"]["weights"] != two.provenance["model"]["weights"]
