"""What an explanation gave to parts of x, laid on x itself, so that all explanations can be judged alike."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.methods.answer import Answer
from vitrail.model import Packed

JUDGED = ("attribution", "map", "players", "attention")  #: kinds that say what parts of x matter


def laid(answer: Answer, packed: Packed, name: str) -> Tensor:
    """(batch, ...) shaped like x: values as they are, or shared out evenly among the elements that they are about.

    Raises BadInput for answers that are not about parts of x, such as pairs of players or a hidden layer.
    """
    axes = packed.axes if answer.axes is None else answer.axes
    values = by_group(answer.values, packed) if axes == ("batch", "player") else answer.values
    axes = packed.axes if axes == ("batch", "player") and values.shape == packed.x.shape else axes
    if answer.kind not in JUDGED or not spreads(values, axes, packed):
        raise BadInput(
            f"{name} gives values of kind {answer.kind!r} with the axes {', '.join(axes)}, which are not laid out as x "
            f"({', '.join(packed.axes)}). A share for parts of x was expected. Leave {name} out of the comparison."
        )
    shape = [values.shape[axes.index(axis)] if axis in axes else 1 for axis in packed.axes]
    order = [axes.index(axis) for axis in packed.axes if axis in axes]
    repeats = math.prod(packed.x.shape) // math.prod(shape)
    return (values.permute(order).reshape(shape).expand(packed.x.shape) / repeats).to(torch.float64)


def spreads(values: Tensor, axes: Sequence[str], packed: Packed) -> bool:
    """Whether values with these axes cover x, perhaps one for all of an axis."""
    sizes = dict(zip(packed.axes, packed.x.shape, strict=True))
    return len(set(axes)) == len(axes) and all(
        sizes.get(axis) == size for axis, size in zip(axes, values.shape, strict=True)
    )


def by_group(values: Tensor, packed: Packed) -> Tensor:
    """(batch, player) of a table -> (batch, feature): the share of a column, parted among its own features."""
    if packed.groups is None or values.shape[1] != int(packed.groups.max()) + 1:
        return values
    sizes = torch.bincount(packed.groups).to(values)
    return (values / sizes)[:, packed.groups]
