import base64
import io

import numpy as np
import pytest
from PIL import Image

from vitrail.errors import BadSetting
from vitrail.plot.colour import colours
from vitrail.plot.picture import data_uri, grey, overlay, png, shrunk, tiny

HEAT = np.array([[-1.0, 0.0], [0.0, 1.0]])
PICTURE = np.array([[0, 0], [255, 255]], np.uint8)[..., None]


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_opacity_one_is_only_colour():
    np.testing.assert_array_equal(overlay(HEAT, PICTURE, "signed", clip=100, opacity=1), colours(HEAT, 1.0, "signed"))


def test_opacity_none_at_all_is_only_the_picture():
    drawn = overlay(HEAT, PICTURE, "magnitude", opacity=0)
    np.testing.assert_array_equal(drawn, np.repeat(PICTURE, 3, -1))


def test_the_picture_shows_through_where_there_is_nothing_to_say():
    drawn = overlay(HEAT, PICTURE, "signed", clip=100).astype(int)
    assert drawn[1, 0].sum() > drawn[0, 1].sum() + 30
    assert np.ptp(drawn[1, 0]) == np.ptp(drawn[0, 1]) == 0
    assert drawn[1, 1, 0] > drawn[1, 1, 2] + 60
    assert drawn[0, 0, 2] > drawn[0, 0, 0] + 60


def test_weak_colours_are_fainter_than_strong_ones():
    white, heat = np.full((1, 2, 1), 255, np.uint8), np.array([[0.0, 1.0]])
    none, most = overlay(heat, white, "magnitude", clip=100, opacity=0.5)[0]
    np.testing.assert_allclose(none, 0.75 * 255 + 0.25 * colours(np.zeros(1), 1.0, "magnitude")[0], atol=1)
    np.testing.assert_allclose(most, 0.5 * 255 + 0.5 * colours(np.ones(1), 1.0, "magnitude")[0], atol=1)


@pytest.mark.parametrize("opacity", [-0.1, 1.1])
def test_an_opacity_out_of_range_is_refused(opacity):
    with pytest.raises(BadSetting, match=f"got {opacity}"):
        overlay(HEAT, PICTURE, "signed", opacity=opacity)


def test_values_that_are_not_numbers_can_be_drawn():
    assert overlay(np.array([[np.nan, np.inf], [1.0, -np.inf]]), PICTURE, "signed").shape == (2, 2, 3)


def test_without_a_picture_there_are_only_colours():
    np.testing.assert_array_equal(overlay(HEAT, None, "signed", clip=100), colours(HEAT, 1.0, "signed"))


def test_a_picture_of_another_size_is_fitted():
    large = np.repeat(np.repeat(PICTURE, 4, 0), 4, 1)
    np.testing.assert_allclose(overlay(HEAT, large, "magnitude", opacity=0)[..., 0], [[0, 0], [255, 255]], atol=40)


def test_grey_weighs_the_colours_of_the_eye():
    red, green, blue = np.eye(3)[:, None, None] * 255
    assert grey(green) > grey(red) > grey(blue)


def test_a_tiny_picture_is_kept_to_the_last_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    assert tiny(pixels)
    np.testing.assert_array_equal(opened(png(pixels)), pixels)
    np.testing.assert_array_equal(opened(png(pixels[..., :1])), np.repeat(pixels[..., :1], 3, -1))


def test_a_large_picture_is_shrunk_and_small_in_bytes():
    pixels = np.random.default_rng(0).integers(0, 256, (400, 200, 3), dtype=np.uint8)
    content = png(pixels, side=100)
    assert opened(content).shape == (100, 50, 3)
    assert len(content) < 100 * 50 * 1.5
    assert shrunk(pixels, 1000) is pixels


def test_a_picture_travels_in_its_address():
    head, _, body = data_uri(np.zeros((2, 3, 3), np.uint8)).partition(",")
    assert head == "data:image/png;base64"
    assert opened(base64.b64decode(body)).shape == (2, 3, 3)
