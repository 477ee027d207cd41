"""A data set: examples that can be counted and taken a few at a time, whatever x is made of."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.inputs.packing import is_frame

HASHED = 64  #: examples that have a hash together
LONGEST_PATH = 4096  #: a text longer than this names no file


@dataclass(frozen=True, eq=False)
class Examples:
    """x, as `pack` takes it, by rows.

    x   an array, tensor or memory map (n, ...); a list of pictures, paths or texts; a DataFrame; a tuple or dict of
        arrays for networks with several inputs. Only the rows that are asked for are read.

    Raises BadInput when it holds nothing, cannot be counted, or its parts are of different lengths.
    """

    x: Any

    def __post_init__(self) -> None:
        if isinstance(self.x, str | os.PathLike | Image.Image):
            object.__setattr__(self, "x", [self.x])
        lengths = {len(part) for part in parts(self.x)}
        if len(lengths) != 1 or 0 in lengths:
            found = ", ".join(map(str, sorted(lengths))) or "no"
            raise BadInput(
                f"x holds {found} examples. At least one was expected, and as many in each of its parts. Check x."
            )

    def __len__(self) -> int:
        return len(parts(self.x)[0])

    def take(self, rows: Any) -> Any:
        """The examples at these rows, (m,) whole numbers, in this order; of the same type as x."""
        rows = np.asarray(rows)
        if isinstance(self.x, tuple) and is_several(self.x):
            return tuple(taken(part, rows) for part in self.x)
        if isinstance(self.x, Mapping):
            return {name: taken(part, rows) for name, part in self.x.items()}
        return taken(self.x, rows)

    def digest(self, rows: Any) -> str:
        """A hash of these examples, 16 letters for every HASHED of them; of files their name, size and time.

        So the hashes of neighbouring parts, one after the other, are those of the whole, however it is cut into parts
        of whole multiples of HASHED.
        """
        rows = np.asarray(rows)
        return "".join(hashed(self.take(rows[start : start + HASHED])) for start in range(0, len(rows), HASHED))


def hashed(some: Any) -> str:
    state = hashlib.sha256()
    for part in parts(some):
        for piece in bytes_of(part):
            state.update(piece)
    return state.hexdigest()[:16]


def is_several(x: tuple[Any, ...]) -> bool:
    """Whether a tuple is one array for each input, and not a row of pictures, paths or texts."""
    return bool(x) and not isinstance(x[0], str | os.PathLike | Image.Image)


def parts(x: Any) -> list[Any]:
    """What has one row for each example."""
    if isinstance(x, Mapping):
        return list(x.values())
    if isinstance(x, tuple) and is_several(x):
        return list(x)
    if not hasattr(x, "__len__") or getattr(x, "ndim", 1) == 0:
        raise BadInput(
            f"x is a {type(x).__name__}, which has no length. A sequence of examples was expected: an array, a list "
            "of pictures, paths or texts, or a DataFrame. Put the examples into one."
        )
    return [x]


def taken(part: Any, rows: np.ndarray[Any, Any]) -> Any:
    """Rows of one part; neighbours as a slice, which arrays and memory maps give without copying the rest."""
    if is_frame(part) or hasattr(part, "iloc"):
        return part.iloc[rows]
    if isinstance(part, Sequence):
        return [part[int(i)] for i in rows]
    if len(rows) and bool((np.diff(rows) == 1).all()):
        return part[int(rows[0]) : int(rows[-1]) + 1]
    return part[torch.as_tensor(rows, device=part.device)] if isinstance(part, Tensor) else part[rows]


def bytes_of(part: Any) -> list[Any]:
    """What makes examples the same: the bytes of arrays, the names, sizes and times of files, the letters of texts."""
    if is_frame(part):
        return [piece for name in part.columns for piece in (str(name).encode(), *bytes_of(part[name].to_numpy()))]
    if isinstance(part, Tensor):
        part = part.detach().cpu().numpy()
    if isinstance(part, Sequence):
        return [one(each) for each in part]
    array = np.asarray(part)
    if array.dtype.kind == "O":
        return [one(each) for each in array.ravel()]
    return [f"{array.dtype} {array.shape[1:]}".encode(), np.ascontiguousarray(array)]


def one(example: Any) -> bytes:
    if isinstance(example, Image.Image):
        return example.tobytes()
    if isinstance(example, np.ndarray | Tensor):
        return b"".join(map(bytes, bytes_of(example)))
    named = isinstance(example, str | os.PathLike) and len(os.fspath(example)) < LONGEST_PATH
    if named and "\n" not in os.fspath(example) and Path(example).is_file():
        about = Path(example).stat()
        return f"{os.fspath(example)} {about.st_size} {about.st_mtime_ns}\0".encode()
    return f"{example}\0".encode()
