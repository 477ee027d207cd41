"""Arrays at the door: real, finite numbers with a batch axis, in memory of their own."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput

Array = np.ndarray[Any, Any]


def check_numbers(x: Any, name: str, least: int = 2) -> Any:
    """x as a numpy array or tensor of real, finite numbers with a batch axis, `least` axes in all.

    Raises BadInput for anything else.
    """
    array = x.detach() if isinstance(x, Tensor) else _as_array(x, name)
    _check_real(array, name)
    if array.ndim < least:
        raise BadInput(
            f"{name} has shape {tuple(array.shape)}, without a batch axis. (batch, ...) was expected. "
            f"For a single example use {name}[None]."
        )
    if 0 in array.shape:
        raise BadInput(
            f"{name} is empty: its shape is {tuple(array.shape)}. At least one example was expected. Check how it "
            "was made."
        )
    _check_finite(array, name)
    return array


def tensor_of(array: Any) -> Tensor:
    """A tensor that shares no memory with the array: read-only, strided and byte-swapped arrays come through."""
    if isinstance(array, Tensor):
        return array.detach().clone()
    kind, size = array.dtype.kind, array.dtype.itemsize
    wide = "int64" if kind == "u" and size > 1 else "float64" if kind == "f" and size > 8 else array.dtype
    return torch.from_numpy(np.array(array, dtype=np.dtype(wide).newbyteorder("="), order="C"))


def check_held(tensor: Tensor, name: str) -> Tensor:
    """The same tensor, which the network's own floating type must be able to hold."""
    if sums_up(tensor) or bool(torch.isfinite(tensor).all()):
        return tensor
    raise BadInput(
        f"{name} holds values that are too large for {tensor.dtype}, in which the network computes. "
        f"Values of at most {torch.finfo(tensor.dtype).max:.3g} were expected. Scale {name} as in training."
    )


def _as_array(x: Any, name: str) -> Array:
    if np.ma.is_masked(x):
        raise BadInput(
            f"{name} is a masked array with {int(np.ma.getmaskarray(x).sum())} values masked out. Numbers everywhere "
            f"were expected. Fill the masked ones: {name}.filled(0)."
        )
    try:
        return np.asarray(_off_torch(x))
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadInput(
            f"{name} is no regular array ({error}). Examples of one shape were expected. "
            "Pad or resize them; for a network with several inputs pass a tuple."
        ) from error


def _off_torch(x: Any) -> Any:
    """Tensors inside lists as numpy arrays, also those that ask for gradients or live on another device."""
    if isinstance(x, Tensor):
        return x.detach().cpu().numpy()
    inside = isinstance(x, list | tuple) and any(isinstance(part, Tensor | list | tuple) for part in x)
    return [_off_torch(part) for part in x] if inside else x


def _check_real(array: Any, name: str) -> None:
    if isinstance(array, Tensor):
        unreal = array.is_complex() or array.is_quantized or array.layout != torch.strided
    else:
        unreal = array.dtype.kind not in "iufb"
    if unreal:
        raise BadInput(
            f"{name} is of type {array.dtype}{_held(array)}. Real numbers were expected. "
            f"Convert it: np.asarray({name}, dtype='float32')."
        )


def _held(array: Any) -> str:
    """What an array of objects holds, by its first element."""
    if isinstance(array, Tensor) or array.dtype.kind != "O" or array.size == 0:
        return ""
    return f" (it holds {type(array.flat[0]).__name__})"


def sums_up(array: Any) -> bool:
    """Whether the sum is a finite number, which it is not with NaN or infinity among the numbers; quick to find out."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(array.sum()))


def _check_finite(array: Any, name: str) -> None:
    if sums_up(array):
        return
    bad = ~torch.isfinite(array) if isinstance(array, Tensor) else ~np.isfinite(array)
    if not bool(bad.any()):
        return
    place = tuple(int(i) for i in np.argwhere(np.asarray(bad.cpu() if isinstance(bad, Tensor) else bad))[0])
    count = int(bad.sum())
    raise BadInput(
        f"{name} holds {count} value{'s' * (count > 1)} that {'are' if count > 1 else 'is'} NaN or infinite, the "
        f"first at {_place(place)}. Finite numbers were expected. Fill or drop them, e.g. np.nan_to_num({name})."
    )


def _place(index: Sequence[int]) -> str:
    return f"[{', '.join(map(str, index))}]"
