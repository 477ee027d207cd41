"""Back to pixels: whatever way pictures came in, red, green and blue from 0 to 255 come out."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import tints
from vitrail.errors import BadInput
from vitrail.inputs import Images
from vitrail.train.backend import school
from vitrail.train.pixels import pixels

BYTES = tints(n=10, side=6)


def out(data):
    keras = school()
    given = keras.Input(data.x.shape[1:])
    network = keras.Model(given, pixels(keras, given, data))
    return network.predict(data.numbers(np.arange(4)), verbose=0)


@pytest.mark.parametrize(
    "modality",
    [
        None,
        Images((6, 6)),
        Images((6, 6), scale=255.0),
        Images((6, 6), mean=0.5, std=0.25),
        Images((6, 6), mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3)),
        Images((6, 6), mean=(100.0, 110.0, 120.0), scale=255.0),
    ],
)
def test_every_way_in_leads_back_to_the_bytes(modality):
    np.testing.assert_allclose(out(replace(BYTES, modality=modality)), BYTES.x[:4], atol=1e-3)


@pytest.mark.parametrize("white", [1, 255])
def test_plain_numbers_go_up_to_1_or_to_255(white):
    data = replace(BYTES, x=BYTES.x * (white / 255))
    np.testing.assert_allclose(out(data), BYTES.x[:4], atol=1e-3)


def test_grey_becomes_all_three_colours():
    data = tints(n=10, side=6, channels=1)
    seen = out(replace(data, modality=Images((6, 6), mode="L")))
    np.testing.assert_allclose(seen, np.repeat(data.x[:4], 3, -1), atol=1e-3)


@pytest.mark.parametrize("moved", [lambda x: x / 128 - 1, lambda x: x * 16.0])
def test_numbers_that_are_no_pixels_are_refused(moved):
    with pytest.raises(BadInput, match="Pixels were expected"):
        out(replace(BYTES, x=moved(BYTES.x)))


def test_other_channels_are_refused():
    with pytest.raises(BadInput, match="have 4 channels"):
        out(replace(BYTES, x=np.zeros((10, 6, 6, 4), np.uint8)))
