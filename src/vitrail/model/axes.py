"""Where the channels are after each operation: followed through the data flow, not guessed from sizes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Known = dict[int, int | None]  #: id of a tensor -> its channel axis

CHANNEL_FIRST = ("conv", "batch_norm", "instance_norm", "group_norm", "pool", "pixel_shuffle")
CHANNEL_LAST = ("linear", "layer_norm", "rms_norm", "embedding", "multi_head_attention", "matmul")

MOVING = ("permute", "transpose", "movedim", "moveaxis", "swapaxes", "swapdims")


def follow(
    name: str,
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    inputs: Sequence[Tensor],
    made: Tensor,
    known: Known,
) -> int | None:
    """The channel axis of what one operation made, given those of what it read."""
    if name in MOVING and args and isinstance(args[0], Tensor):
        return _moved(func, args, kwargs, known.get(id(args[0])))
    source, axis = _source(inputs, made, known)
    if any(part in name for part in CHANNEL_FIRST) and made.ndim > 1:
        return (
            axis if axis is not None and source is not None and source.ndim == made.ndim and "conv" not in name else 1
        )
    if any(part in name for part in CHANNEL_LAST):
        return made.ndim - 1 if made.ndim > 1 and not _mixes(name, inputs) else None
    if source is not None and axis is not None:
        return _reshaped(source, made, axis)
    return 1 if made.ndim == 2 else None


def _mixes(name: str, inputs: Sequence[Tensor]) -> bool:
    """Whether a product is of two activations (as in attention) and so has no channels of its own."""
    return name == "matmul" and len(inputs) > 1 and inputs[1].ndim > 2


def _source(inputs: Sequence[Tensor], made: Tensor, known: Known) -> tuple[Tensor | None, int | None]:
    """The input that carries the channels: of equal rank and known if there is one, else the first known."""
    carrying = [t for t in inputs if known.get(id(t)) is not None]
    same = [t for t in carrying if t.ndim == made.ndim]
    best = next(iter(same or carrying), None)
    return best, None if best is None else known[id(best)]


def _reshaped(source: Tensor, made: Tensor, axis: int) -> int | None:
    """Axes before the channels unchanged: the same axis. Axes from there on unchanged: the same from the end."""
    before, after = tuple(source.shape), tuple(made.shape)
    if len(before) == len(after):
        return axis
    if before[: axis + 1] == after[: axis + 1]:
        return axis
    if before[axis:] == after[axis - len(before) :]:
        return axis - len(before) + len(after)
    return 1 if made.ndim == 2 else None


def _moved(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], axis: int | None) -> int | None:
    """After a permutation: the same call on a shape whose sizes are all different tells where the channels went."""
    if axis is None:
        return None
    probe = torch.empty(tuple(range(2, 2 + args[0].ndim)), device="meta")
    return list(func(probe, *args[1:], **kwargs).shape).index(2 + axis)
