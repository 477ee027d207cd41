"""The gradient at the input, at a layer and at several layers, against torch.autograd by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import normal, seeded
from vitrail.errors import NoGradient
from vitrail.model.gradients import at_input_or_layer, at_layers
from vitrail.rules import Applied, Table

close = torch.testing.assert_close


class Branching(nn.Module):
    """two(tanh(one)) and, beside it, `aside`, which the first output does not depend on."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.aside = nn.Linear(4, 5), nn.Linear(5, 2), nn.Linear(5, 2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.relu(self.one(x))
        return torch.cat([self.two(h), self.aside(h)], 1)


@pytest.fixture
def net():
    return seeded(Branching(), 2)


@pytest.fixture
def x():
    return normal(3, 4, seed=3)


def by_hand(net, x, index):
    """x, one's output, relu's output -> output `index` and its gradients at the three."""
    x = x.clone().requires_grad_()
    one = net.one(x)
    h = F.relu(one)
    score = torch.cat([net.two(h), net.aside(h)], 1)[:, index]
    return (x, one, h), torch.autograd.grad(score.sum(), (x, one, h))


def asking(net, x):
    return vitrail.open(net).asking(x)


def test_at_the_input(net, x):
    _, (expected, _, _) = by_hand(net, x, 1)
    with asking(net, x) as model:
        (found,) = at_input_or_layer(model, x.clone(), vitrail.Output(1), None)
        assert (model.question.forwards, model.question.backwards) == (3, 3)
    close(found, expected)


@pytest.mark.parametrize(("layer", "at"), [("one", 1), ("relu", 2)])
def test_at_a_layer_with_what_it_gave(net, x, layer, at):
    values, gradients = by_hand(net, x, 1)
    with asking(net, x) as model:
        value, gradient = at_input_or_layer(model, x.clone(), vitrail.Output(1), layer)
    close(value, values[at].detach())
    close(gradient, gradients[at])
    assert not value.requires_grad


def test_at_several_layers_by_one_way_back(net, x):
    values, gradients = by_hand(net, x, 1)
    with asking(net, x) as model:
        found = at_layers(model, x.clone(), vitrail.Output(1), ("one", "relu"))
        assert model.question.backwards == 3
    for (value, gradient), at in zip(found, (1, 2), strict=True):
        close(value, values[at].detach())
        close(gradient, gradients[at])
    with asking(net, x) as model:
        (_, reached), (value, beside) = at_layers(model, x.clone(), vitrail.Unit("two", 1), ("one", "aside"))
    close(reached, gradients[1])
    close(beside, torch.zeros(3, 2).double(), rtol=0, atol=0)
    assert value.abs().min() > 0


def test_where_nothing_is_reached_it_is_said(net, x):
    with asking(net, x) as model:
        with pytest.raises(NoGradient):
            at_layers(model, x.clone(), vitrail.Unit("two", 0), ("aside",))
        with pytest.raises(NoGradient):
            at_input_or_layer(model, x.clone(), vitrail.Unit("two", 0), "aside")
        assert model.question.backwards == 0


def test_a_way_back_of_ones_own_begins_at_what_the_target_reads(net, x):
    """Relevance starts as the target's value; a table without it starts as 1. Both go on by plain gradients here."""
    _, gradients = by_hand(net, x, 1)
    with torch.no_grad():
        score = net(x)[:, 1:2]
    for relevance, factor in ((True, score), (False, 1)):
        way = Applied(Table("plain", otherwise="gradient", relevance=relevance, groups=False, precise=False))
        with asking(net, x) as model:
            close(at_input_or_layer(model.under(way), x.clone(), vitrail.Output(1), None)[0], gradients[0] * factor)
            value, gradient = at_input_or_layer(model.under(way), x.clone(), vitrail.Output(1), "relu")
            close(gradient, gradients[2] * factor)
            several = at_layers(model.under(way), x.clone(), vitrail.Output(1), ("one", "relu"))
            close([g for _, g in several], [gradients[1] * factor, gradients[2] * factor])


def test_a_unit_inside_is_where_it_begins_when_it_is_the_target(net, x):
    way = Applied(Table("plain", otherwise="gradient", groups=False, precise=False))
    with asking(net, x) as model:
        (found,) = at_input_or_layer(model.under(way), x.clone(), vitrail.Unit("one", 2), None)
    close(found, net.one(x).detach()[:, 2:3] * net.one.weight.detach()[2])
