"""What a method gives back."""

import numpy as np
import pytest
import torch

import vitrail
from known import normal, smooth
from vitrail.methods.answer import Answer, values_of


def test_the_values_alone():
    x = normal(2, 3)
    assert values_of(x) is x
    assert values_of(Answer(x, ("batch", "unit"), "activation")) is x


def test_a_tensor_that_a_stranger_gives_back_is_an_attribution():
    answer = vitrail.explain(vitrail.open(smooth()), normal(2, 5), lambda model, x, target: 2 * x, 0)
    np.testing.assert_allclose(answer.values, 2 * normal(2, 5))
    assert answer.kind == "attribution"


def test_arrays_checks_and_axes_come_through():
    def method(model, x, target):
        beside = {"loud": (x.abs(), ("batch", "feature"))}
        return Answer(x[:, :2], ("batch", "unit"), "activation", beside, {"words": "said"})

    answer = vitrail.explain(vitrail.open(smooth()), normal(2, 5), method, 0)
    assert answer.axes["values"] == ("batch", "unit")
    assert answer.kind == "activation"
    assert answer.checks["words"] == "said"
    np.testing.assert_allclose(answer.arrays["loud"], normal(2, 5).abs())


def test_a_total_is_what_is_held_against_the_change():
    net, x = smooth(), normal(2, 5)
    change = (net(x) - net(0 * x))[:, 0].detach()
    exact = vitrail.explain(vitrail.open(net), x, lambda m, x, t: Answer(x, total=change), 0)
    assert exact.checks["completeness_gap"].max() < 1e-12
    plain = vitrail.explain(vitrail.open(net), x, lambda m, x, t: Answer(x), 0)
    np.testing.assert_allclose(plain.checks["completeness_gap"], (x.sum(1) - change).abs())


def test_values_of_another_shape_need_axes():
    with pytest.raises(vitrail.VitrailError, match=r"returned values of shape \(2, 2\) for x of shape \(2, 5\)"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), lambda model, x, target: torch.zeros(2, 2), 0)
