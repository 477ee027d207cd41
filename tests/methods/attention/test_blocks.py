"""Blocks: one module for each attention, with everything going through the last."""

import pytest
import torch
from torch import nn

import vitrail
from known import Block, Glimpse, Look, explained, normal, seeded
from vitrail.methods.attention.blocks import blocks_of
from vitrail.methods.attention.maps import listed

X = normal(2, 2, 8, 6, seed=13)


def found(net, x):
    with vitrail.open(net).asking(x) as model:
        return blocks_of(model, model.question.packed.x, listed(model, model.question.packed.x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 8, dropout=0.0, batch_first=True)
        self.e, self.head = nn.TransformerEncoder(layer, 2), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.e(x)[:, 0])


class Flat(nn.Module):
    """Two layers written out: the modules hold attention alone, and the residual runs past them."""

    def __init__(self, around=True):
        super().__init__()
        self.one, self.two, self.head = Look(8, 2, "eager"), Look(8, 2, "eager"), nn.Linear(8, 2)
        self.around = around

    def forward(self, x):
        x = x * self.around + self.one(x)
        return self.head((x * self.around + self.two(x)).mean(1))


class Twice(nn.Module):
    """One block that runs twice."""

    def __init__(self):
        super().__init__()
        self.block, self.head = Block(8, 2, "eager"), nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.block(self.block(x)).mean(1))


class Apart(nn.Module):
    """Blocks that are no siblings."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(Block(8, 2, "eager"), nn.Identity())
        self.rest = nn.ModuleDict({"deep": nn.Sequential(Block(8, 2, "eager"), Block(8, 2, "eager"))})
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.rest["deep"](self.stem(x)).mean(1))


def test_blocks_are_the_outermost_modules_that_hold_one_map(a_vit, photographs):
    assert found(seeded(Glimpse(depth=3), 3), X) == ["blocks.0", "blocks.1", "blocks.2"]
    assert found(seeded(Encoder(), 1), normal(2, 5, 8)) == ["e.layers.0", "e.layers.1"]
    assert found(a_vit, photographs) == ["vit.layers.0", "vit.layers.1", "vit.layers.2"]


def test_one_attention_needs_no_block():
    assert found(seeded(Glimpse(depth=1), 3), X) == ["blocks.0.look"]


def test_a_residual_past_the_module_is_noticed_by_trial():
    with pytest.raises(vitrail.VitrailError, match="Flat has no blocks.*past 'two'.*Use attention-relevance") as error:
        explained(seeded(Flat(), 1), normal(2, 5, 8), "legrad")
    assert error.value.code == "wrong-layer"
    assert found(seeded(Flat(around=False), 1), normal(2, 5, 8)) == ["one", "two"]


@pytest.mark.parametrize(("net", "why"), [(Twice(), "its 2 maps are made in block.look"), (Apart(), "its 3 maps")])
def test_a_block_that_runs_twice_and_blocks_apart_are_refused(net, why):
    with pytest.raises(vitrail.VitrailError, match=f"no blocks that its classifier could be asked after: {why}"):
        explained(seeded(net, 1), normal(2, 5, 8), "legrad")


def test_blocks_of_different_shapes_are_refused():
    class Wider(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = Block(8, 2, "eager"), nn.Sequential(Block(8, 2, "eager"), nn.Linear(8, 4))

        def forward(self, x):
            return self.two(self.one(x)).mean(1)

    with pytest.raises(vitrail.VitrailError, match="no blocks"):
        explained(seeded(Wider(), 1), normal(2, 5, 8), "legrad")


def test_a_flat_keras_graph_is_refused():
    from vitrail.model.keras import on_torch

    keras = on_torch()
    x = given = keras.Input((6, 8))
    for _ in range(2):
        x = keras.layers.Add()([x, keras.layers.MultiHeadAttention(2, 4)(x, x)])
    net = keras.Model(given, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(x)))
    with pytest.raises(vitrail.VitrailError, match="reach the output past 'multi_head_attention"):
        explained(net, torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(0)), "legrad")
