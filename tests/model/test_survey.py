"""What one example shows of a network: attention maps by the module that they are made in, and their places."""

import pytest
import torch
from torch import nn

import vitrail
from known import Functional, Glimpse, Look, normal, seeded
from vitrail.model.survey import is_leaf

X = normal(2, 2, 8, 6, seed=13)


def surveyed(net, x):
    model = vitrail.open(net)
    with model.asking(x) as bound:
        return bound._survey(bound.question.packed.x)


class Twice(nn.Module):
    """One attention that runs twice, and one beside it."""

    def __init__(self):
        super().__init__()
        self.look, self.other, self.head = Look(8, 2, "sdpa"), Look(8, 4, "eager"), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.other(self.look(self.look(x))).mean(1))


@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_attention_maps_are_layers_named_after_their_place(way):
    found = surveyed(seeded(Glimpse(way=way), 3), X)
    maps = [layer for layer in found.layers if layer.kind == "attention"]
    assert [layer.name for layer in maps] == ["blocks.0.look/attention#1", "blocks.1.look/attention#1"]
    assert {(layer.shape, layer.channel_axis, layer.module) for layer in maps} == {((1, 2, 13, 13), None, None)}


def test_maps_of_one_module_are_counted_in_the_order_of_its_runs():
    found = surveyed(seeded(Twice(), 1), normal(2, 5, 8))
    maps = [(layer.name, layer.call, layer.shape) for layer in found.layers if layer.kind == "attention"]
    assert maps == [
        ("look/attention#1", 1, (1, 2, 5, 5)),
        ("look/attention#2", 2, (1, 2, 5, 5)),
        ("other/attention#1", 1, (1, 4, 5, 5)),
    ]


def test_a_map_stands_behind_what_it_is_made_from_and_before_its_module():
    names = surveyed(seeded(Glimpse(depth=1), 3), X).layers.names
    order = [names.index(name) for name in ("blocks.0.look.q", "blocks.0.look/attention#1", "blocks.0.look")]
    assert order == sorted(order)


def test_every_map_leads_to_its_operation_and_that_to_its_place():
    found = surveyed(seeded(Twice(), 1), normal(2, 5, 8))
    sites = [found.sites[layer.name] for layer in found.layers if layer.kind == "attention"]
    assert sites == [("scaled_dot_product_attention", 1), ("scaled_dot_product_attention", 2), ("softmax", 1)]
    assert [found.places[site] for site in sites] == ["look", "look", "other"]


def test_convolutions_have_no_attention_and_a_final_softmax_is_none():
    for net in (seeded(Functional(), 3), nn.Sequential(seeded(Functional(), 3), nn.Softmax(1))):
        found = surveyed(net, X)
        assert not [layer for layer in found.layers if layer.kind == "attention"]
    assert found.head == ("softmax", 1)


def test_a_leaf_is_what_the_framework_ships_and_holds_nothing():
    assert is_leaf(nn.Linear(1, 1))
    assert not is_leaf(nn.Sequential(nn.Linear(1, 1)))
    assert not is_leaf(Look(8, 2, "eager"))


def test_a_survey_keeps_no_operation_but_their_number():
    found = surveyed(seeded(Glimpse(), 3), X)
    assert found.calls == []
    assert found.counts["softmax"] == 2
    assert found.largest >= torch.empty(1, 2, 13, 13, dtype=torch.float64).nbytes
