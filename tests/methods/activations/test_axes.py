"""Names for what a layer gives, and the layer that is meant when none is named."""

import pytest
import torch
from torch import nn

import vitrail
from known import Flattened, Pooled, normal, seeded, smooth
from vitrail.methods.activations.axes import axes_of, named
from vitrail.model import Layer


def name_of(net, x, name):
    with vitrail.open(net).asking(x) as model:
        return named(model, model.question.packed.x, name).name


def test_the_last_layer_that_is_not_shaped_like_the_output_is_meant():
    assert name_of(smooth(), normal(2, 5), "auto") == "1"
    assert name_of(seeded(Pooled(), 1), normal(2, 1, 5, 6), "auto") == "relu"


def test_a_name_is_taken_as_it_is():
    assert name_of(smooth(), normal(2, 5), "0") == "0"
    with pytest.raises(vitrail.VitrailError, match="no layer named '7'"):
        name_of(smooth(), normal(2, 5), "7")


def test_a_network_without_inner_layers_has_none_to_choose():
    with pytest.raises(vitrail.VitrailError, match="no inner layer to choose") as error:
        name_of(nn.Linear(5, 3).double(), normal(2, 5), "auto")
    assert error.value.code == "wrong-layer"


@pytest.mark.parametrize(
    ("shape", "channel", "expected"),
    [
        ((1, 7), 1, ("batch", "unit")),
        ((1, 3, 4, 5), 1, ("batch", "channel", "height", "width")),
        ((1, 4, 5, 3), 3, ("batch", "height", "width", "channel")),
        ((1, 6, 8), 2, ("batch", "token", "unit")),
        ((1, 6, 8), 1, ("batch", "channel", "step")),
        ((1, 2, 3, 4), None, ("batch", "unit", "unit", "unit")),
        ((1, 2, 3, 4, 5), 1, ("batch", "unit", "unit", "unit", "unit")),
    ],
)
def test_axes_by_rank_and_channels(shape, channel, expected):
    layer = Layer("layer", "Layer", shape=shape, channel_axis=channel)
    assert axes_of(layer, torch.zeros(2, *shape[1:])) == expected


def test_a_convolution_that_is_explained_names_its_axes():
    answer = vitrail.explain(vitrail.open(seeded(Flattened(), 2)), normal(2, 2, 6, 6), "layer-activation", layer="conv")
    assert answer.axes["values"] == ("batch", "channel", "height", "width")
