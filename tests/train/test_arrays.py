"""Arrays become Data: pairs, parts, dicts and .npz files, with the same examples on every way."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from vitrail.errors import BadInput
from vitrail.inputs.modality import Images
from vitrail.train.sources import data_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), np.arange(40) % 2
SOME = slice(0, 30), slice(30, 40)


def parts():
    return (X[SOME[0]], Y[SOME[0]]), (X[SOME[1]], Y[SOME[1]])


def test_a_pair():
    data = data_of((X, Y))
    assert (data.task, data.classes, data.reads, data.modality) == ("binary", ("0", "1"), "table", None)
    assert_array_equal(data.x, X)
    assert_array_equal(data.y, Y)


def test_two_pairs_a_dict_and_a_file_are_the_same_data(tmp_path):
    train, test = parts()
    np.savez(tmp_path / "d.npz", x_train=train[0], y_train=train[1], x_test=test[0], y_test=test[1])
    ways = [
        data_of((train, test)),
        data_of({"Train": train, "TEST": test}),
        data_of({"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}),
        data_of(tmp_path / "d.npz"),
        data_of(str(tmp_path / "d.npz")),
    ]
    assert len({data.digest() for data in ways}) == 1
    assert_array_equal(ways[0].rows["test"], np.arange(30, 40))
    assert ways[0].rows["validation"].max() < 30
    assert ways[3].source == {"name": "d.npz", "kind": "arrays"}


def test_one_file_with_x_and_y(tmp_path):
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    assert data_of(tmp_path / "d.npz").digest() == data_of((X, Y)).digest() == data_of({"x": X, "y": Y}).digest()


def test_a_validation_part_is_kept():
    train, test = parts()
    data = data_of({"train": train, "validation": test})
    assert_array_equal(data.rows["validation"], np.arange(30, 40))
    assert len(data.rows["test"]) == 6


def test_bytes_are_pictures():
    x = RNG.integers(0, 256, (40, 5, 4), dtype=np.uint8)
    data = data_of((x, Y))
    assert data.x.shape == (40, 5, 4, 1)
    assert data.modality == Images((5, 4), mode="L")
    assert data.reads == "pictures"
    np.testing.assert_allclose(data.numbers(np.array([3])), x[3][None, ..., None] / 255, rtol=1e-6)
    colour = data_of((np.repeat(x[..., None], 3, -1), Y), inputs=Images((5, 4), std=0.5))
    assert colour.numbers(np.arange(40)).max() == pytest.approx(2.0)


def test_floats_stay_numbers():
    assert data_of((X.reshape(40, 3, 1, 1), Y)).reads == "pictures"
    assert data_of((np.arange(80).reshape(40, 2), Y)).x.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (X[:39], "39 examples, and y 40 answers"),
        (X[:, 0], r"shape \(40,\)"),
        (np.array([["a", "b"]] * 40), "type <U1"),
        (np.zeros((40, 4, 4, 4), np.uint8), "1 or 3 channels"),
        (
            np.where(np.arange(40)[:, None] == 7, np.nan, X),
            "1 examples hold NaN or infinite numbers, the first in row 7",
        ),
        (
            np.where(np.arange(40)[:, None] > 37, np.inf, X),
            "2 examples hold NaN or infinite numbers, the first in row 38",
        ),
    ],
)
def test_refusals(x, words):
    with pytest.raises(BadInput, match=words):
        data_of((x, Y))


def test_inputs_that_do_not_fit_the_bytes():
    with pytest.raises(BadInput, match="One size and mode"):
        data_of((np.zeros((40, 5, 4), np.uint8), Y), inputs=Images((5, 5), mode="L"))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"train": (X, Y), "holdout": (X, Y)}, "the part 'holdout'"),
        ({"train": (X, Y), "test": (X[:, :2], Y)}, r"\(40, 3\), \(40, 2\)|shapes"),
        ({"x": X}, "holds x"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "x_test"),
        ({}, "part|nothing"),
        (X, "ndarray was given"),
        ((X, Y, Y), "tuple was given"),
        (5, "int was given"),
    ],
)
def test_other_sources(source, words):
    with pytest.raises(BadInput, match=words):
        data_of(source)


def test_pickles_are_never_opened(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.array([{"a": 1}], dtype=object), y=np.array([1]))
    with pytest.raises(BadInput, match="pickles and are never opened"):
        data_of(tmp_path / "d.npz")


def test_a_file_that_is_cut(tmp_path):
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    whole = (tmp_path / "d.npz").read_bytes()
    for content in (whole[: len(whole) // 2], b""):
        (tmp_path / "d.npz").write_bytes(content)
        with pytest.raises(BadInput, match="could not be read as arrays"):
            data_of(tmp_path / "d.npz")
