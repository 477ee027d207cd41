"""The classifier of the course: its layers as the settings say."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import blobs
from vitrail.train.backend import school
from vitrail.train.recipes.mlp_classifier import MLPClassifier


def sizes(network):
    return [layer.units for layer in network.layers if hasattr(layer, "units")]


def test_the_defaults_are_those_of_the_table():
    recipe = MLPClassifier()
    assert 1 <= len(recipe.hidden) <= 5
    assert all(10 <= units <= 100 for units in recipe.hidden)
    assert recipe.activation == "relu"


@pytest.mark.parametrize(("classes", "units", "end"), [(2, 1, "sigmoid"), (3, 3, "softmax")])
def test_every_setting_shows_in_the_layers(classes, units, end):
    network = MLPClassifier(hidden=(5, 4), activation="tanh", dropout=0.5).build(school(), blobs(classes))
    assert sizes(network) == [5, 4, units]
    dense = [layer for layer in network.layers if hasattr(layer, "units")]
    assert [layer.activation.__name__ for layer in dense] == ["tanh", "tanh", end]
    assert sum("dropout" in layer.name for layer in network.layers) == 2


def test_several_labels_have_a_sigmoid_each():
    data = replace(blobs(3), y=np.eye(3)[blobs(3).y].astype(int), task="multilabel")
    last = MLPClassifier().build(school(), data).layers[-1]
    assert (last.units, last.activation.__name__) == (3, "sigmoid")


def test_pictures_are_read_as_one_row_of_numbers():
    data = replace(blobs(), x=np.zeros((120, 4, 5, 3)))
    assert MLPClassifier(hidden=(7,)).build(school(), data).layers[1].kernel.shape == (60, 7)


def test_the_phase_is_as_long_as_asked():
    (phase,) = MLPClassifier(epochs=3, rate=0.5).phases(None)
    assert (phase.epochs, phase.rate, phase.prepare) == (3, 0.5, None)
