"""Duplicates by pencil: placed by hand, exact and nearly."""

import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from skimage import data as photographs

from vitrail.train.data import Data
from vitrail.train.duplicates import ALIKE, alike, copies_of, small

ROWS = {"train": np.arange(6), "validation": np.arange(6, 8), "test": np.arange(8, 10)}


def lessons(x, y=None):
    y = np.arange(10) % 2 if y is None else y
    return Data(np.asarray(x, float).reshape(10, -1), np.asarray(y), "binary", ROWS, ("a", "b"))


def test_exact_duplicates():
    #                          train             | validation | test
    found = copies_of(lessons([0, 1, 2, 1, 1, 5, 2, 7, 0, 7]))
    assert_array_equal(found.twin, [0, 1, 2, 1, 1, 5, 2, 7, 0, 7])
    assert found.within == {"train": 2, "validation": 0, "test": 0}
    assert {pair: rows.tolist() for pair, rows in found.across.items()} == {
        ("validation", "train"): [6],
        ("test", "train"): [8],
        ("test", "validation"): [9],
    }
    assert_array_equal(found.conflicting, [[1, 4]])  # rows 1 and 3 agree, 1 and 4 do not


def test_what_no_part_holds_does_not_count():
    rows = {"train": np.arange(3), "validation": np.array([3]), "test": np.array([4])}
    data = Data(
        np.zeros((6, 1)) + np.array([[0], [1], [2], [3], [4], [0]]), np.array([0, 1, 0, 1, 0, 1]), "binary", rows
    )
    assert len(copies_of(data).conflicting) == 0


def test_nothing_is_twice():
    found = copies_of(lessons(np.arange(10)))
    assert not any(len(rows) for rows in found.across.values())
    assert not any(found.within.values())
    assert len(found.conflicting) == 0


def test_several_answers_conflict_when_one_differs():
    y = np.zeros((10, 2))
    y[9, 1] = 1
    data = Data(np.array([*range(9), 0.0])[:, None], y, "regression", ROWS)
    assert_array_equal(copies_of(data).conflicting, [[0, 9]])


def squashed(picture, quality):
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "jpeg", quality=quality)
    return np.asarray(Image.open(held))


@pytest.fixture(scope="module")
def crops():
    """Ten different parts of real photographs, 64 x 64."""
    whole = [photographs.astronaut(), photographs.coffee()]
    return [whole[i % 2][40 * i : 40 * i + 64, 50 : 50 + 64] for i in range(8)] + [
        whole[0][300:364, 300:364],
        whole[1][300:364, 300:364],
    ]


def test_real_photographs_are_not_alike(crops):
    looks = small(np.stack(crops))
    assert len(alike(looks, ROWS, np.arange(10))) == 0
    assert np.sort((looks @ looks.T)[np.triu_indices(10, 1)])[-1] < 0.97


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: squashed(picture, 30),
        lambda picture: np.asarray(Image.fromarray(picture).resize((40, 40)).resize((64, 64))),
        lambda picture: (picture * 0.5 + 60).astype(np.uint8),
    ],
)
def test_the_same_photograph_stored_otherwise_is_alike(crops, change):
    pictures = list(crops)
    pictures[9] = change(crops[4])
    assert_array_equal(alike(small(np.stack(pictures)), ROWS, np.arange(10)), [[4, 9]])


def test_exact_copies_are_not_named_again(crops):
    pictures = np.stack([*crops[:9], crops[4]])
    assert len(alike(small(pictures), ROWS, np.array([*range(9), 4]))) == 0


def test_pictures_of_one_colour_are_like_nothing():
    looks = small(np.full((10, 20, 20, 1), 7, np.uint8))
    assert_array_equal(looks, np.zeros((10, 256)))
    assert len(alike(looks, ROWS, np.arange(10))) == 0


def test_small_pictures_are_means_of_blocks():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 2), dtype=np.uint8)
    slow = picture.astype(float).mean(-1).reshape(16, 2, 16, 2).mean((1, 3)).ravel()
    slow -= slow.mean()
    np.testing.assert_allclose(small(picture[None])[0], slow / np.linalg.norm(slow), atol=1e-5)
    assert ALIKE < 1
