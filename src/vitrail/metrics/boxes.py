"""Boxes in pictures: where the answer should be found, said by corners instead of pixel by pixel."""

from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.model import Packed


def mask_of(masks: Any, packed: Packed) -> Array:
    """Masks laid out as x, or as its places: as they came, or drawn from the boxes of pictures.

    masks   an array laid out so stays as it is. For pictures also boxes: (examples, 4), or for each example a list or
            array (boxes, 4), of left, top, right and bottom in pixels of x as the network reads it, right and bottom
            exclusive; a pixel lies in a box if its centre does

    Raises BadInput for masks of another shape, and for boxes that are empty or reach out of the picture.
    """
    plain = as_array(masks)
    places = [n for n, axis in zip(packed.x.shape, packed.axes, strict=True) if axis != "channel"]
    if plain is not None and list(plain.shape) in (list(packed.x.shape), places):
        return plain
    found = boxes_of(masks, len(packed.x)) if {"height", "width"} <= set(packed.axes) else None
    if found is None:
        shape = "no common shape" if plain is None else f"shape {plain.shape}"
        raise BadInput(
            f"masks have {shape}, and x {tuple(packed.x.shape)}. One for each example was expected, laid out as x or "
            "as its places; of pictures also boxes, four numbers each. Make them so."
        )
    sides = {axis: n for axis, n in zip(packed.axes, packed.x.shape, strict=True) if axis in ("height", "width")}
    drawn = [outlined(boxes, i, sides["height"], sides["width"]) for i, boxes in enumerate(found)]
    mask = np.stack(drawn)  # (examples, height, width)
    return mask if list(sides) == ["height", "width"] else mask.swapaxes(1, 2)


def as_array(masks: Any) -> Array | None:
    """None where lists of several lengths make no array."""
    try:
        return np.asarray(masks)
    except (ValueError, TypeError):
        return None


def boxes_of(masks: Any, examples: int) -> list[Array] | None:
    """(boxes, 4) for each example, perhaps none; None where they are no boxes."""
    whole = as_array(masks)
    if whole is not None and not whole.ndim:
        return None
    found = [four(as_array(each)) for each in masks]
    boxes = [each for each in found if each is not None]
    return boxes if len(boxes) == len(found) == examples else None


def four(row: Array | None) -> Array | None:
    """(boxes, 4) out of one box or several; None for what is none."""
    if row is None or row.dtype.kind not in "iuf":
        return None
    if row.shape == (0,) or (row.ndim in (1, 2) and row.shape[-1] == 4):
        return row.reshape(-1, 4)
    return None


def outlined(boxes: Array, example: int, height: int, width: int) -> Array:
    """(height, width) bool: the pixels that lie in one of the boxes of an example."""
    mask = np.zeros((height, width), bool)
    for box in boxes:
        left, top, right, bottom = box
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise wrong(box, example, f"does not lie in the picture, which is {width} wide and {height} high")
        down, across = within(top, bottom, height), within(left, right, width)
        if not (down.any() and across.any()):
            raise wrong(box, example, "holds the centre of no pixel")
        mask |= down[:, None] & across
    return mask


def within(start: float, end: float, count: int) -> Array:
    """(count,) bool: whose centre lies there."""
    middle = np.arange(count) + 0.5
    inside: Array = (start <= middle) & (middle < end)
    return inside


def wrong(box: Array, example: int, why: str) -> BadInput:
    return BadInput(
        f"the box {tuple(box.tolist())} of example {example} {why}. Left, top, right and bottom were expected, in "
        "pixels of x as the network reads it, with left < right and top < bottom, right and bottom exclusive. Correct "
        "the box; clip it yourself where it should be."
    )
