"""Arrays to learn from: examples and answers, in one piece or in parts, in memory or in an .npz file."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.inputs.modality import Images
from vitrail.train.data import Part
from vitrail.train.reading import PART_OF, Made, Read, Reading
from vitrail.train.texts import are_texts, of_texts

NAMES = "x and y, or x_train, y_train, x_test, y_test"


def of_pair(x: Any, y: Any, reading: Reading, rows: Mapping[Part, Array] | None = None) -> Read:
    """Examples (n, ...) and an answer for each.

    Raises BadInput for other lengths, for NaN, and for what is no array of numbers.
    """
    if len(x) != len(y):
        raise BadInput(
            f"x holds {len(x)} examples, and y {len(y)} answers. One for each was expected. Make them as many."
        )
    if are_texts(x):
        return of_texts(list(x), y, reading, rows or {})
    made = prepared(x, reading)
    return Read(y, lambda train: made, rows or {})


def prepared(given: Any, reading: Reading) -> Made:
    """Bytes of pictures stay bytes; all else are numbers as the network reads them."""
    x = np.asarray(given)
    if x.dtype.kind not in "biuf" or x.ndim < 2:
        raise BadInput(
            f"x has shape {x.shape} and type {x.dtype}. Numbers (n, ...), with at least one for each example, were "
            "expected. Pass an array, a table with target=, or texts."
        )
    refuse_gaps(x)
    if x.dtype == np.uint8 and x.ndim in (3, 4):
        return of_bytes(x if x.ndim == 4 else x[..., None], reading)
    kind = {"kind": "arrays"}
    return Made(x if x.dtype.kind == "f" else x.astype(np.float32), reading.inputs, kind)


def of_bytes(x: Array, reading: Reading) -> Made:
    """(n, height, width, channel) of bytes as pictures."""
    modes = {1: "L", 3: "RGB"}
    channels = x.shape[-1]
    if channels not in modes:
        raise BadInput(
            f"x holds pictures of shape {x.shape[1:]}. Bytes (height, width, channel) with 1 or 3 channels were "
            "expected. Move the channels to the end, and leave alpha out."
        )
    images = reading.inputs or Images((x.shape[1], x.shape[2]), mode=modes[channels])
    if not isinstance(images, Images) or (*images.size, images.mode) != (*x.shape[1:3], modes[channels]):
        raise BadInput(
            f"x holds pictures of shape {x.shape[1:]}, and inputs={images!r}. One size and mode for both was expected. "
            "Resize the pictures, or correct inputs=."
        )
    return Made(x, images, {"kind": "pictures"})


def refuse_gaps(x: Array) -> None:
    """Raise BadInput for NaN and infinity."""
    if x.dtype.kind != "f":
        return
    strange = ~np.isfinite(x).reshape(len(x), -1).all(1)
    if strange.any():
        raise BadInput(
            f"{int(strange.sum())} examples hold NaN or infinite numbers, the first in row {int(strange.argmax())}. "
            "Finite numbers were expected. Fill them, or leave those examples out.",
            row=int(strange.argmax()),
        )


def of_pairs(pairs: Mapping[str, Any], reading: Reading) -> Read:
    """{"train": (x, y), "validation": ..., "test": ...}, or the parts that there are.

    Raises BadInput for other names, and for shapes that do not fit together.
    """
    for name, pair in pairs.items():
        if str(name).casefold() not in PART_OF or not is_pair(pair):
            raise BadInput(
                f"the part {name!r} is a {type(pair).__name__}. "
                f"{{'train': (x, y), 'validation': (x, y), 'test': (x, y)}} was expected. Write it so."
            )
    found = {PART_OF[str(name).casefold()]: pair for name, pair in pairs.items()}
    ends = np.cumsum([0, *(len(x) for x, _ in found.values())])
    rows = {part: np.arange(ends[i], ends[i + 1]) for i, part in enumerate(found)}
    return of_pair(joined([x for x, _ in found.values()]), joined([y for _, y in found.values()]), reading, rows)


def is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def joined(parts: Sequence[Any]) -> Any:
    if all(map(are_texts, parts)):
        return [text for part in parts for text in part]
    arrays = [np.asarray(part) for part in parts]
    if len({array.shape[1:] for array in arrays}) > 1:
        raise BadInput(
            f"the parts have shapes {', '.join(str(array.shape) for array in arrays)}. The same shape but for the "
            "number of examples was expected. Make them alike."
        )
    return np.concatenate(arrays)


def of_npz(path: Path, reading: Reading) -> Read:
    """A file of arrays; objects in it are pickles, and never opened.

    Raises BadInput for what is no whole file, or has other names.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise BadInput(
            f"{str(path)!r} could not be read as arrays ({str(error).splitlines()[0]}). An .npz file with {NAMES} was "
            "expected; arrays of objects are pickles and are never opened. Save it again with numpy.savez."
        ) from error
    return of_named(held, reading, repr(str(path)))


def of_named(held: Mapping[str, Any], reading: Reading, where: str) -> Read:
    """Arrays by their names: x and y, or those of parts such as x_train and y_train."""
    named = {str(name).casefold(): array for name, array in held.items()}
    if set(named) == {"x", "y"}:
        return of_pair(named["x"], named["y"], reading)
    ends = [name.removeprefix("x_") for name in named if name.startswith("x_")]
    pairs = {end: (named[f"x_{end}"], named.get(f"y_{end}")) for end in ends}
    if not pairs or len(named) != 2 * len(pairs) or any(y is None for _, y in pairs.values()):
        raise BadInput(
            f"{where} holds {', '.join(map(str, held)) or 'nothing'}. {NAMES} were expected. Rename the arrays, and "
            "leave others out."
        )
    return of_pairs(pairs, reading)
