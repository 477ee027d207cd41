"""Every law that a method claims holds, every law that it does not claim fails; and the laws themselves can fail."""

import re

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

import vitrail
from known import attends, grows
from vitrail import laws
from vitrail.methods import METHODS
from vitrail.methods.attribution.gradient import Gradient

#: settings under which statements are sharp: windows of more than one element, noise that can be seen
SETTINGS = {
    "occlusion": {"patch": 2, "stride": 1},
    "smoothgrad": {"std": 0.5, "samples": 10},
    "vargrad": {"std": 0.5, "samples": 10},
    "squaregrad": {"std": 0.5, "samples": 10},
    "expected-gradients": {"samples": 10},
    "lime": {"budget": 12},
    "rise": {"budget": 40},
    "sobol": {"budget": 60},
    "hsic": {"budget": 40},
    "permutation-shap": {"budget": 8},
    "odd-shap": {"budget": 6, "seed": 1},
    "kernel-shap": {"budget": 10, "seed": 1},
    "regression-msr": {"budget": 12},
    "partition-shap": {"budget": 8, "hierarchy": np.array([[0, 2], [1, 3], [4, 5]])},  # equals in different groups
}
SHAPES = {"forgrad": (1, 8, 8)}
NOT_ON_INPUTS = {"grad-cam", "grad-cam-plus-plus", "layer-cam", "hires-cam", "eigen-cam"} | {
    "layer-activation",
    "layer-conductance",
    "shapley-interactions",
    "guided-grad-cam",
    "fullgrad",
    *(name for name in METHODS if attends(name)),
}
ON_TREES = {name for name in METHODS if grows(name)}  #: their laws are proved on trees, in methods/attribution
ATTRIBUTIONS = [name for name in METHODS if name not in NOT_ON_INPUTS | ON_TREES]
#: what goes back depends on how a network is written: on the smooth networks here they are the gradient, and what
#: they break elsewhere is shown beside their rules
BY_OPERATION = {"lrp", "guided-backprop", "deconvnet", "libragrad", "attn-lrp"}
CLAIMS = [(n, law) for n in ATTRIBUTIONS for law in laws.LAWS if n not in BY_OPERATION or law in METHODS[n].laws]


@pytest.mark.parametrize(("name", "law"), CLAIMS)
def test_claims_are_exact(name, law):
    method = METHODS[name](**SETTINGS.get(name, {}))
    worst = laws.LAWS[law](laws.asked(method), SHAPES.get(name, (4,)))
    if law in method.laws:
        assert worst <= laws.KEPT
    else:
        assert worst >= laws.BROKEN


def test_only_methods_on_inputs_claim_laws_of_inputs():
    assert {name for name in NOT_ON_INPUTS if METHODS[name].laws} == {"layer-conductance"}


def law_row(cls):
    """The laws that a docstring names: up to a remark after a colon or semicolon."""
    row = re.search(r"^    Laws +(.*(?:\n {16,}.*)*)", cls.__doc__, re.MULTILINE)[1]
    named = re.split(r"[:;]", re.sub(r"\s+", " ", row))[0]
    return set() if named == "none" else {law.strip() for law in named.split(",")}


@pytest.mark.parametrize("name", METHODS)
def test_docstrings_name_the_laws_that_are_claimed(name):
    assert law_row(METHODS[name]) == METHODS[name].laws <= laws.LAWS.keys()


def test_a_window_of_one_element_keeps_dummy_and_symmetry_too():
    kept = laws.kept(laws.asked(vitrail.Occlusion(patch=1)))
    assert kept == vitrail.Occlusion.laws | {"dummy", "symmetry"}


# -- the laws can fail ------------------------------------------------------------------------------------

exact = laws.asked(vitrail.IntegratedGradients(steps=50))


class Forgetful(torch.autograd.Function):
    """A ReLU whose way back lets only positive gradients through, wherever it stands."""

    @staticmethod
    def forward(ctx, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(min=0)


class Deconvolved(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.relu:
            return Forgetful.apply(*args)
        return func(*args, **(kwargs or {}))


def deconvnet(network, x):
    x = x.requires_grad_()
    with Deconvolved():
        out = network(x)
    return torch.autograd.grad(out.sum(), x)[0]


BROKEN = {
    "completeness": lambda f, x: exact(f, x) * 1.01,
    "dummy": lambda f, x: exact(f, x) + 0.01 * exact(f, x).roll(1, 1),
    "linearity": lambda f, x: exact(f, x) ** 3,
    "symmetry": lambda f, x: exact(f, x) * torch.linspace(1, 1.1, x.shape[1], dtype=x.dtype),
    "implementation invariance": deconvnet,
}


@pytest.mark.parametrize("law", laws.LAWS)
def test_a_law_is_kept_by_integrated_gradients_and_broken_by_a_small_mistake(law):
    assert laws.LAWS[law](exact) <= laws.KEPT
    assert laws.LAWS[law](BROKEN[law]) >= laws.BROKEN


@pytest.mark.parametrize("nothing", [0.0, torch.nan])
@pytest.mark.parametrize("law", laws.LAWS)
def test_who_says_nothing_keeps_no_law(law, nothing):
    assert laws.LAWS[law](lambda f, x: torch.full_like(x, nothing)) == torch.inf


def test_kept_lists_the_laws_that_hold():
    assert laws.kept(exact) == set(laws.LAWS)
    assert laws.kept(laws.asked(Gradient())) == Gradient.laws
    assert laws.violations(exact).keys() == laws.LAWS.keys()


def test_laws_leave_global_random_numbers_alone_and_say_the_same_twice():
    before = torch.get_rng_state()
    noisy = laws.asked(vitrail.SmoothGrad(std=0.5, samples=3))
    assert laws.violations(noisy) == laws.violations(noisy)
    torch.testing.assert_close(torch.get_rng_state(), before)


def test_networks_of_laws_are_far_from_linear():
    """On a linear network many laws would hold for any method."""
    draws = laws.Draws(0, (4,))
    f, x = draws.network(4), draws.x
    assert (f(2 * x) - 2 * f(x) + f(0 * x)).abs().max() > 0.3
