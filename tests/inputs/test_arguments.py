"""The names under which networks take their inputs."""

import pytest
from torch import nn

import vitrail
from vitrail.inputs.arguments import accepted
from vitrail.model.keras import on_torch


def net(forward):
    return vitrail.open(type("Net", (nn.Module,), {"forward": forward})()).network


@pytest.mark.parametrize(
    ("forward", "names"),
    [
        (lambda self, x: x, ["x"]),
        (lambda self, a, *, b=1: a, ["a", "b"]),
        (lambda self, a, **rest: a, ["a"]),
        (lambda self, **rest: rest, None),
        (lambda self, *rest: rest, []),
    ],
)
def test_a_module(forward, names):
    assert accepted(net(forward)) == names


def test_a_function():
    assert accepted(vitrail.open(lambda image, age: image).network) == ["image", "age"]


def test_a_keras_model_says_what_it_takes():
    keras = on_torch()
    one, two = keras.Input((3,), name="one"), keras.Input((2,), name="two")
    joined = keras.layers.Concatenate()([one, two])
    assert accepted(vitrail.open(keras.Model([one, two], joined)).network) == ["one", "two"]
    assert accepted(vitrail.open(keras.Model({"one": one, "two": two}, joined)).network) == ["one", "two"]
