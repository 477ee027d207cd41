"""Boxes in pictures: drawn by centres, refused where they do not fit, and no other answer than their masks give."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import BadInput
from vitrail.metrics.boxes import mask_of, within

X = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
FIRST = SimpleNamespace(x=X, axes=("batch", "channel", "height", "width"))
LAST = SimpleNamespace(x=X.movedim(1, -1), axes=("batch", "height", "width", "channel"))
TURNED = SimpleNamespace(x=X.transpose(2, 3), axes=("batch", "channel", "width", "height"))


def slow(boxes, height=5, width=7):
    """Pixel by pixel: whether the centre of it lies in a box."""
    found = np.zeros((height, width), bool)
    for i in range(height):
        for j in range(width):
            found[i, j] = any(a <= j + 0.5 < c and b <= i + 0.5 < d for a, b, c, d in boxes)
    return found


ONE = [[1, 0, 4, 2], [0.5, 1.25, 2.5, 3.75]]
SEVERAL = [[[0, 0, 1, 1], [5, 3, 7, 5]], [[2.4, 2.6, 6.6, 4.4]]]


@pytest.mark.parametrize("boxes", [ONE, np.array(ONE), torch.tensor(ONE), SEVERAL, [torch.tensor(b) for b in SEVERAL]])
@pytest.mark.parametrize("packed", [FIRST, LAST])
def test_the_definition_pixel_by_pixel(boxes, packed):
    expected = [slow(np.asarray(b).reshape(-1, 4).tolist()) for b in boxes]
    assert all(0 < each.sum() < each.size for each in expected)
    np.testing.assert_array_equal(mask_of(boxes, packed), expected)


def test_width_before_height():
    np.testing.assert_array_equal(mask_of(ONE, TURNED), mask_of(ONE, FIRST).swapaxes(1, 2))


def test_right_and_bottom_are_exclusive_and_centres_decide():
    assert mask_of([[1, 2, 3, 3], [0, 0, 7, 5]], FIRST).sum((1, 2)).tolist() == [2, 35]
    assert within(0.5, 1.5, 3).tolist() == [True, False, False]
    assert within(0.51, 1.51, 3).tolist() == [False, True, False]


def test_boxes_that_overlap_are_one_region():
    assert mask_of([[[0, 0, 3, 3], [1, 1, 4, 4]], [[0, 0, 1, 1]]], FIRST)[0].sum() == 9 + 9 - 4


def test_an_example_may_have_none():
    mask = mask_of([[], [[0, 0, 2, 2]]], FIRST)
    assert mask.sum((1, 2)).tolist() == [0, 4]


@pytest.mark.parametrize("shape", [(2, 5, 7), (2, 3, 5, 7)])
def test_an_array_laid_out_as_x_stays_a_mask(shape):
    mask = np.random.default_rng(0).random(shape) > 0.5
    np.testing.assert_array_equal(mask_of(mask, FIRST), mask)


def test_a_mask_four_wide_stays_a_mask():
    packed = SimpleNamespace(x=torch.zeros(2, 1, 3, 4), axes=FIRST.axes)
    mask = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(mask_of(mask, packed), mask)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([-1, 0, 3, 3], "does not lie in the picture, which is 7 wide and 5 high"),
        ([0, -0.1, 3, 3], "does not lie in"),
        ([0, 0, 7.5, 3], "does not lie in"),
        ([0, 0, 3, 6], "does not lie in"),
        ([3, 0, 3, 3], "does not lie in"),
        ([4, 0, 3, 3], "does not lie in"),
        ([0, 3, 3, 3], "does not lie in"),
        ([0, float("nan"), 3, 3], "does not lie in"),
        ([0.6, 0, 1.4, 3], "holds the centre of no pixel"),
        ([0, 2.6, 3, 3.4], "holds the centre of no pixel"),
    ],
)
def test_boxes_that_do_not_fit(box, words):
    with pytest.raises(BadInput, match=f"of example 1 {words}.*Left, top, right and bottom were expected"):
        mask_of([[0, 0, 1, 1], box], FIRST)


@pytest.mark.parametrize(
    "masks",
    [
        np.zeros((3, 4)),
        np.zeros((2, 5)),
        np.zeros((2, 4), bool),
        np.zeros((2, 2, 2, 4)),
        [[0, 0, 1, 1], [0, 0, 1]],
        [["a", "b", "c", "d"]] * 2,
        7,
        "boxes",
        {"a": 1},
    ],
)
def test_what_is_neither_is_refused(masks):
    with pytest.raises(BadInput, match=r"masks have .*, and x \(2, 3, 5, 7\).*boxes, four numbers each"):
        mask_of(masks, FIRST)


def test_rows_of_four_numbers_about_a_table_are_masks_or_nothing():
    table = SimpleNamespace(x=torch.zeros(2, 4), axes=("batch", "feature"))
    np.testing.assert_array_equal(mask_of(np.eye(2, 4), table), np.eye(2, 4))
    with pytest.raises(BadInput, match="masks have"):
        mask_of(np.eye(2, 4), SimpleNamespace(x=torch.zeros(2, 5), axes=("batch", "feature")))


def test_boxes_and_their_mask_are_judged_alike():
    torch.manual_seed(0)
    model = vitrail.open(nn.Sequential(nn.Flatten(), nn.Linear(105, 3)))
    asked = (["gradient", "input-x-gradient"], ["mass-accuracy", "pointing-game"])
    by_boxes = vitrail.compare(model, X, *asked, masks=SEVERAL, players="pixels")
    by_masks = vitrail.compare(model, X, *asked, masks=mask_of(SEVERAL, FIRST), players="pixels")
    assert np.isfinite(by_boxes.arrays["scores"]).all()
    np.testing.assert_array_equal(by_boxes.arrays["scores"], by_masks.arrays["scores"])
    answer = vitrail.explain(model, X, "input-x-gradient")
    score = vitrail.measure(model, answer, "mass-accuracy", masks=SEVERAL, players="pixels")
    np.testing.assert_allclose(score.values, by_boxes.arrays["scores"][:, 1, 0])
