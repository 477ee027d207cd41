"""How pictures, texts and tables become numbers, by hand; and what modalities refuse."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.modality import Images, Table, Text

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


# -- tables ------------------------------------------------------------------------------------------------

FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "c": [True, False]})


def test_columns_are_found_by_name():
    assert_array_equal(Table(["c", "a"]).numbers(FRAME), [[1, 1], [0, 2]])
    assert_array_equal(Table(["a", "b", "c"]).numbers(FRAME[["c", "b", "a"]]), [[1, 3, 1], [2, 4, 0]])


def test_one_row_and_numbered_columns():
    assert_array_equal(Table(["0", "1"]).numbers(pd.DataFrame([[5.0, 6.0]])), [[5.0, 6.0]])


def test_a_dict_of_columns():
    assert_array_equal(Table(["b", "a"]).numbers({"a": [1, 2], "b": [3.5, 4.5]}), [[3.5, 1], [4.5, 2]])
    assert_array_equal(Table(["b", "a"]).numbers({"a": 1, "b": 3.5}), [[3.5, 1]])


def test_another_library_of_frames():
    column = SimpleNamespace  # what polars has: named columns that become arrays
    frame = {"a": np.array([1.0]), "b": np.array([2.0])}
    other = type("Frame", (), {"columns": ["a", "b"], "__getitem__": lambda _, name: frame[name], "to_numpy": column})()
    assert_array_equal(Table(["b", "a"]).numbers(other), [[2.0, 1.0]])


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "UInt8", "int8", "float32"])
def test_nullable_columns(dtype):
    frame = pd.DataFrame({"a": pd.array([1, 0], dtype=dtype)})
    assert_array_equal(Table(["a"]).numbers(frame).astype(float), [[1.0], [0.0]])


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean"])
def test_a_missing_value_is_named(dtype):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": pd.array([1, None], dtype=dtype)})
    with pytest.raises(BadInput, match=r"column 'b' holds 1 missing or infinite values, the first in row 1\."):
        Table(["a", "b"]).numbers(frame)


@pytest.mark.parametrize(
    "values",
    [["x", "y"], pd.Categorical(["x", "y"]), pd.to_datetime(["2020-01-01", "2020-01-02"]), [{}, {}], ["1", "2"]],
    ids=["texts", "categories", "dates", "objects", "digits"],
)
def test_columns_without_numbers_are_named(values):
    with pytest.raises(BadInput, match=r"column 'b' holds no numbers, but .*Encode it first"):
        Table(["a", "b"]).numbers(pd.DataFrame({"a": [1.0, 2.0], "b": values}))


def test_a_missing_column_is_named_with_its_near_misses():
    with pytest.raises(BadInput, match=r"no column 'ages'\. Did you mean 'age'\? The model reads: ages, height\."):
        Table(["ages", "height"]).numbers(pd.DataFrame({"age": [1.0], "height": [2.0]}))


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])
    with pytest.raises(BadInput, match="2 columns named 'a'"):
        Table(["a"]).numbers(frame)


@pytest.mark.parametrize("columns", [[], "ab", ["a", "b", "a"]])
def test_columns_are_a_list_of_different_names(columns):
    with pytest.raises(BadSetting, match="columns="):
        Table(columns)
