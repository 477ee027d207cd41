"""How pictures and texts become numbers, by hand; and what modalities refuse."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.modality import Images, Text

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)


# -- pictures ----------------------------------------------------------------------------------------------


def test_numbers_by_hand():
    spec = Images((4, 6), mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))
    numbers = spec.numbers(PIXELS)
    for channel, (mean, std) in enumerate([(0.1, 0.5), (0.2, 1.0), (0.3, 2.0)]):
        assert_allclose(numbers[..., channel], (PIXELS[..., channel] / 255 - mean) / std, rtol=1e-12)


def test_scale_is_what_a_full_pixel_becomes():
    full = np.full((1, 1, 3), 255, np.uint8)
    assert_allclose(Images((1, 1), scale=255.0, mean=127.0, std=128.0).numbers(full), 1.0)
    assert_allclose(Images((1, 1)).numbers(full), 1.0)


@pytest.mark.parametrize("spec", [Images((4, 6)), Images((4, 6), 127, 128, 255.0), Images((4, 6), (0.1, 0, 0.3), 2)])
def test_back_undoes_numbers(spec):
    assert_array_equal(spec.back(spec.numbers(PIXELS)), PIXELS)


def test_pictures_get_the_size_of_the_network():
    spec = Images((8, 3))
    expected = np.asarray(Image.fromarray(PIXELS).resize((3, 8), Image.Resampling.BILINEAR))
    assert_array_equal(spec.picture(Image.fromarray(PIXELS)), expected)
    assert Images((8, 3), mode="L").picture(Image.fromarray(PIXELS)).shape == (8, 3, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 224},
        {"size": (0, 4)},
        {"size": (4.0, 4.0)},
        {"size": (4, 4, 3)},
        {"mode": "BGR"},
        {"std": 0.0},
        {"std": (1.0, 1.0)},
        {"mean": (0.5, 0.5)},
        {"mean": np.nan},
        {"scale": -1.0},
        {"mean": (0.1, 0.2, 0.3), "mode": "L"},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused(wrong):
    with pytest.raises(BadSetting, match=r"does not fit\. Something like .* was expected\."):
        Images(**{"size": (4, 6), **wrong})


# -- texts -------------------------------------------------------------------------------------------------


def test_a_tokenizer_is_called_for_one_padded_batch():
    called = []

    def tokenizer(texts, **options):
        called.append((texts, options))
        return {"input_ids": [[1, 2]]}

    assert Text(tokenizer, 5).encoded(["a b"]) == {"input_ids": [[1, 2]]}
    assert called == [(["a b"], {"padding": True, "truncation": True, "max_length": 5, "return_tensors": "pt"})]


def test_a_tokenizer_that_refuses_says_why():
    def tokenizer(texts, **options):
        raise ValueError("no padding token")

    with pytest.raises(BadInput, match=r"refused the texts \(no padding token\)\. .*tokenizer\.pad_token"):
        Text(tokenizer).encoded(["a"])


def test_what_is_no_tokenizer_is_refused():
    with pytest.raises(BadSetting, match="tokenizer='bert-base' does not fit"):
        Text("bert-base")
