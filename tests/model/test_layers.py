import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.errors import NoSuchLayer
from vitrail.model.layers import Layer, Layers


@pytest.fixture
def layers(picture, pixels):
    model = vitrail.open(picture)
    model(pixels)
    return model.layers


def test_every_module_and_call_in_the_order_in_which_they_finish(layers):
    assert layers.names == [
        "block.0", "block.1", "block", "act#1", "mix", "act#2", "/softplus#1", "/mean#1", "fc",
    ]  # fmt: skip


def test_a_layer_says_what_it_is(layers):
    assert layers["block.0"] == Layer("block.0", "Conv2d", (1, 3, 5, 6), 1, "block.0", 1, False, 2 * 3 * 9 + 3)
    assert layers["block"].parameters == 0
    site = layers["/softplus#1"]
    assert (site.kind, site.module, site.call, site.shape, site.channel_axis) == ("softplus", None, 1, (1, 4, 5, 6), 1)
    assert (layers["act#2"].module, layers["act#2"].call) == ("act", 2)


def test_height_and_width_are_where_the_channels_are_not(layers):
    assert layers["mix"].spatial == (2, 3)
    assert Layer("a", "b", (1, 4, 5, 3), 3).spatial == (1, 2)
    assert Layer("a", "b", (1, 4, 5, 3), None).spatial == ()
    assert layers["fc"].spatial == ()
    assert layers["mix"].has_picture
    assert not Layer("a", "b", (1, 4, 1, 3), 1).has_picture
    assert not Layer("a", "b").has_picture


def test_they_are_found_by_place_and_by_name(layers):
    assert layers[0].name == "block.0"
    assert layers[-1] is layers["fc"]
    assert [layer.name for layer in layers[:2]] == ["block.0", "block.1"]
    assert layers["fc#1"] is layers["fc"]
    assert ("fc" in layers, "nothing" in layers, layers[0] in layers) == (True, False, True)
    assert len(layers) == len(list(layers)) == 9


def test_an_ambiguous_name_is_refused_with_its_calls(layers):
    with pytest.raises(NoSuchLayer, match="Layers are: act#1, act#2") as told:
        layers["act"]
    assert told.value.facts == {"name": "act", "existing": ["act#1", "act#2"]}


def test_an_unknown_name_is_refused_with_near_ones(layers):
    with pytest.raises(NoSuchLayer, match=r"'block.2' in Picture. Did you mean .*block\.[01]"):
        layers["block.2"]
    assert len(Layers([], "Empty").names) == 0
    with pytest.raises(NoSuchLayer):
        Layers([], "Empty")["a"]


def test_a_layer_as_json(layers):
    said = json.loads(json.dumps(layers["mix"].as_json()))
    assert said == {"name": "mix", "kind": "Conv2d", "shape": [1, 4, 5, 6], "channel_axis": 1, "parameters": 16}
    assert Layer("a", "b").as_json()["shape"] is None


def test_the_table_that_a_person_reads(layers):
    lines = repr(layers).splitlines()
    assert len(lines) == 9
    assert lines[4].split()[:2] == ["mix", "Conv2d"]
    assert lines[4].endswith("(1, 4, 5, 6)  channel axis 1")


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)

    def forward(self, x):
        return F.relu(self.conv(x)) + F.relu(x, inplace=True)


class Sites(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.conv = nn.Conv2d(2, 2, 1)
        self.late = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.block(x.clone())
        x = torch.relu_(self.conv(x))
        return self.late(self.conv(x)).relu().mean((2, 3))


def test_call_sites_are_named_by_where_they_are(pixels):
    model = vitrail.open(Sites().double())
    model(pixels)
    assert model.layers.names == [
        "block.conv", "block/relu#1", "block/relu#2", "block/add#1", "block", "conv#1", "/relu#1", "conv#2", "late",
        "/relu#2", "/mean#1",
    ]  # fmt: skip
    assert [layer.name for layer in model.layers if layer.overwritten] == ["conv#1", "conv#2"]


def test_before_a_run_there_are_only_names(picture):
    layers = vitrail.open(picture).layers
    assert layers.names == ["block", "block.0", "block.1", "act", "mix", "fc"]
    assert all(layer.shape is None for layer in layers)
    assert layers["mix"].parameters == 16


def test_a_declared_input_is_enough_for_shapes():
    layers = vitrail.open(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()).layers
    assert [layer.shape for layer in layers] == [(1, 4), (1, 4), (1, 2)]
