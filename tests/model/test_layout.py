"""Channels last in memory: used for another way back when it says the same, and only then."""

import pytest
import torch
from torch import nn

import vitrail
from known import Functional, normal, seeded


def asked(network, x, method="lrp", **more):
    return vitrail.explain(vitrail.open(network), x, method, 0, **more)


@pytest.mark.parametrize("method", ["lrp", "deeplift", "guided-backprop"])
def test_values_are_those_of_the_plain_order(method):
    network, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=1)
    found, plain = asked(network, x, method), asked(network, x, method, speed="plain")
    torch.testing.assert_close(found.values, plain.values)
    assert found.provenance["speedups"]["used"]
    assert found.provenance["speedups"]["target_difference"] < 1e-12
    assert plain.provenance["speedups"] == {}


class Viewed(nn.Module):
    """Reads memory in the order in which it lies."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(2, 4, 3), nn.Linear(4 * 24, 2)

    def forward(self, x):
        return self.head(self.conv(x).view(len(x), -1))


class Fickle(nn.Module):
    """Says something else when the channels lie last."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x.mean((2, 3)) * (1.0 if x.is_contiguous() else 2.0))


@pytest.mark.parametrize("network", [Viewed(), Fickle()])
def test_a_network_that_does_not_run_on_it_or_says_something_else_gets_the_plain_order(network):
    network, x = seeded(network, 3), normal(3, 2, 8, 6, seed=1)
    found, plain = asked(network, x), asked(network, x, speed="plain")
    torch.testing.assert_close(found.values, plain.values, rtol=0, atol=0)
    assert not found.provenance["speedups"]["used"]


def test_it_is_tried_once_and_counted_as_no_evaluation():
    runs = []
    network = seeded(Functional(), 3)
    network.register_forward_hook(lambda *_: runs.append(1))
    model, x = vitrail.open(network), normal(3, 2, 8, 6, seed=1)
    first = vitrail.explain(model, x, "lrp", 0)
    before = len(runs)
    second = vitrail.explain(model, x, "lrp", 0)
    assert len(runs) - before == 1
    assert first.checks["evaluations"] == second.checks["evaluations"] == 3


def test_rows_and_gradients_stay_in_the_plain_order():
    x = normal(3, 5, seed=1)
    assert asked(seeded(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))), x).provenance["speedups"] == {}
    pictures = normal(3, 2, 8, 6, seed=1)
    assert asked(seeded(Functional(), 3), pictures, "gradient").provenance["speedups"] == {}
