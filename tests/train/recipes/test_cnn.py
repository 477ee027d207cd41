"""The convolutional network: its layers, and augmentation that explanations never see."""

from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import EVERYTHING, halves
from vitrail.errors import BadSetting
from vitrail.inputs import Images
from vitrail.train.backend import school
from vitrail.train.recipes.cnn import CNN
from vitrail.train.verb import train

SMALL = {"filters": (4, 6), "hidden": (8,)}


def built(**settings):
    keras = school()
    keras.utils.set_random_seed(0)
    return CNN(**SMALL, **settings).build(keras, halves())


def names(network):
    return [layer.name for layer in network.layers]


def test_each_block_halves_the_sides():
    network = built()
    assert network.get_layer("pool_2").output.shape[1:] == (2, 2, 6)
    assert network.get_layer("convolution_1_1").output.shape[1:] == (8, 8, 4)
    assert network.get_layer("hidden_1").kernel.shape == (2 * 2 * 6, 8)


def test_every_setting_shows_in_the_layers():
    network = built(kernel=5, convolutions=2, normalise=True, end="mean", dropout=0.25)
    assert network.get_layer("convolution_2_2").kernel.shape == (5, 5, 6, 6)
    block = names(network)[:7]
    assert block == [
        *("convolution_1_1", "normalisation_1_1", "relu_1_1", "convolution_1_2", "normalisation_1_2", "relu_1_2"),
        "pool_1",
    ]
    assert network.get_layer("hidden_1").kernel.shape == (6, 8)
    assert network.get_layer("dropout").rate == 0.25
    assert "dropout" not in names(built(dropout=0.0))


def test_nothing_is_changed_unless_asked_for():
    assert not any(name in names(built()) for name in EVERYTHING)
    assert names(built(**EVERYTHING))[:5] == ["flip", "rotation", "zoom", "translation", "contrast"]
    (flip,) = [layer for layer in built(flip="vertical").layers if layer.name == "flip"]
    assert flip.mode == "vertical"


def test_augmentation_is_for_training_alone():
    x = halves().numbers(np.arange(10))
    plain, other = built(dropout=0.0), built(dropout=0.0, **EVERYTHING)
    other.set_weights(plain.get_weights())
    np.testing.assert_array_equal(other.predict(x, verbose=0), plain.predict(x, verbose=0))
    ops = school().ops
    taught = ops.convert_to_numpy(other(x, training=True))
    assert np.abs(taught - plain.predict(x, verbose=0)).max() > 1e-3


@pytest.mark.parametrize(
    ("dtype", "modality", "asked", "inside"),
    [
        ("uint8", None, None, True),
        ("float32", None, None, False),
        ("uint8", Images((8, 8), mode="L"), None, False),
        ("float32", None, True, True),
        ("uint8", None, False, False),
    ],
)
def test_bytes_are_rescaled_once(dtype, modality, asked, inside):
    data = replace(halves(), x=(255 * halves().x).clip(0, 255).astype(dtype), modality=modality)
    network = CNN(**SMALL, rescale=asked).build(school(), data)
    assert ("rescaling" in names(network)) == inside


def test_more_blocks_than_the_picture_has_room_for_are_refused():
    CNN(filters=(2, 2, 2)).build(school(), halves())
    with pytest.raises(BadSetting, match="At most 3 blocks"):
        CNN(filters=(2, 2, 2, 2)).build(school(), halves())


@pytest.mark.parametrize("method", ["integrated-gradients", "lrp", "gradient"])
def test_the_run_opens_and_explains(run, method):
    x = halves().numbers(np.arange(4))
    answer = vitrail.explain(run.model, x, method, target="right")
    assert answer.values.shape[:3] == x.shape[:3]
    assert np.abs(answer.values).max() > 1e-3


def test_it_learns(run):
    assert run.about["evaluation"]["accuracy"] > 0.9
    assert run.model.classes == ("left", "right")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = CNN(**SMALL, epochs=10, rate=0.01, dropout=0.2, rotation=0.02, normalise=True)
    return train(recipe, halves(), folder=tmp_path_factory.mktemp("runs"))
