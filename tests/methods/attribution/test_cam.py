"""The choice of the layer, channels first, and back to the size of the picture."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import Flattened, Functional, Pooled, explained, normal, seeded, smooth
from vitrail.methods.attribution.cam import channels_first, chosen, picture_of
from vitrail.model import Layer

close = torch.testing.assert_close
CAMS = ["grad-cam", "grad-cam-plus-plus", "layer-cam", "hires-cam", "eigen-cam"]


class OnlyFunctions(nn.Module):
    """No module gives a picture: the only ones are call sites."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(F.relu(x).mean((2, 3)))


class ChannelsLast(nn.Module):
    """A convolution whose output is handed on with its channels last."""

    def __init__(self):
        super().__init__()
        self.conv, self.turn, self.head = nn.Conv2d(2, 3, 3, padding=1), Turn(), nn.Linear(3, 2)

    def forward(self, x):
        return self.head(torch.tanh(self.turn(self.conv(x))).mean((1, 2)))


class Turn(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)


def layer_of(net, x, name):
    with vitrail.open(net).asking(x) as model:
        return chosen(model, model.question.packed.x, name)


@pytest.mark.parametrize(
    ("net", "shape", "expected"),
    [
        (Pooled(), (2, 1, 5, 6), "relu"),
        (Flattened(), (2, 2, 6, 6), "conv"),
        (Functional(), (2, 2, 8, 6), "two"),
        (OnlyFunctions(), (2, 2, 8, 6), "/relu#1"),
    ],
)
def test_the_last_module_with_height_and_width_is_chosen_else_the_last_call_site(net, shape, expected):
    assert layer_of(seeded(net), normal(*shape), "auto").name == expected


@pytest.mark.parametrize("name", CAMS)
def test_the_choice_is_written_down_and_is_what_its_name_gives(name):
    net, x = seeded(Functional(), 3), normal(2, 2, 8, 6)
    auto, named = explained(net, x, name, 1), explained(net, x, name, 1, layer="two")
    assert auto.checks["layer"] == "two"
    close(auto.values, named.values)
    assert explained(net, x, name, 1, layer="one").checks["layer"] == "one"


@pytest.mark.parametrize("name", CAMS)
def test_a_layer_without_places_is_refused_with_one_that_has_them(name):
    net, x = seeded(Pooled(), 1), normal(2, 1, 5, 6)
    with pytest.raises(vitrail.VitrailError, match=r"'head' gives \(batch, 2\).*Try layer='relu'") as error:
        explained(net, x, name, 1, layer="head")
    assert error.value.code == "wrong-layer"


def test_a_layer_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(vitrail.VitrailError, match="no layer named 'covn'.*Did you mean 'conv'"):
        explained(seeded(Pooled(), 1), normal(2, 1, 5, 6), "grad-cam", layer="covn")


def test_columns_have_no_map():
    with pytest.raises(vitrail.VitrailError, match="has no such layer.*Use a method without layers"):
        explained(smooth(), normal(2, 5), "grad-cam")


@pytest.mark.parametrize("name", CAMS)
def test_the_map_is_as_large_as_the_picture_and_the_layers_own_is_kept(name):
    net, x = seeded(Functional(), 3), normal(2, 2, 8, 6)
    answer = explained(net, x, name, 1)
    coarse = torch.as_tensor(answer.arrays["layer_map"])
    assert coarse.shape == (2, 4, 3)
    assert answer.kind == "map"
    large = F.interpolate(coarse[:, None], size=(8, 6), mode="bilinear", align_corners=False)[:, 0]
    close(torch.as_tensor(answer.values), large)
    assert answer.axes["values"] == answer.axes["layer_map"] == ("batch", "height", "width")


def test_enlarging_by_hand():
    # twice as large, bilinearly: pixel centres of the large map lie a quarter of a pixel beside those of the small
    net, x = seeded(Functional(), 3), normal(1, 2, 2, 4)
    with vitrail.open(net).asking(x) as model:
        coarse = torch.tensor([[[0.0, 4.0]]], dtype=x.dtype)
        got = picture_of(coarse, model, x, Layer("two", "Conv2d")).values
    close(got, torch.tensor([[0.0, 1.0, 3.0, 4.0]], dtype=x.dtype).expand(1, 2, 4))


def test_channels_may_come_last():
    values = normal(2, 4, 5, 3)
    layer = Layer("turn", "Turn", shape=(1, 4, 5, 3), channel_axis=3)
    close(channels_first(values, layer), values.permute(0, 3, 1, 2))
    same = Layer("conv", "Conv2d", shape=(1, 4, 5, 3), channel_axis=1)
    close(channels_first(values, same), values)


@pytest.mark.parametrize("name", CAMS)
def test_channels_last_in_the_network_give_the_same_map(name):
    net, x = seeded(ChannelsLast(), 4), normal(2, 2, 5, 6)
    first = explained(net, x, name, 1, layer="conv").arrays["layer_map"]
    last = explained(net, x, name, 1, layer="turn").arrays["layer_map"]
    close(last, first)
    assert np.abs(first).max() > 1e-4
