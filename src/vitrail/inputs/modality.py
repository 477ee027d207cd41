"""How pictures, texts and tables become numbers for one network: said once, when the model is opened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from vitrail.errors import BadInput, BadSetting, near
from vitrail.inputs.pictures import coloured

MODES = ("RGB", "L")


@dataclass(frozen=True)
class Images:
    """Pictures (PIL images, paths, uint8 arrays) as the network was trained with them.

    They are turned upright as their EXIF data say, and transparent parts are seen on white. Arrays of floating
    numbers are taken as prepared already.

    size     (height, width) in pixels; pictures are resized to it, bilinearly
    mean     taken off, in units of the scaled value: one number or one per channel
    std      then divided by
    scale    what a full pixel (255) becomes before mean and std: 1.0 for [0, 1], 255.0 for raw bytes
    mode     PIL mode: "RGB", or "L" for grey
    """

    size: tuple[int, int]
    mean: float | Sequence[float] = 0.0
    std: float | Sequence[float] = 1.0
    scale: float = 1.0
    mode: str = "RGB"

    def __post_init__(self) -> None:
        whole = np.asarray(self.size)
        _say(
            whole.shape == (2,) and whole.dtype.kind in "iu" and bool((whole > 0).all()),
            "size",
            self.size,
            "(224, 224)",
        )
        _say(self.mode in MODES, "mode", self.mode, '"RGB" or "L"')
        channels = 3 if self.mode == "RGB" else 1
        for name, value in (("mean", self.mean), ("std", self.std), ("scale", self.scale)):
            fits = np.shape(value) in ((), (1,), (channels,)) and np.isfinite(np.asarray(value, dtype=float)).all()
            positive = name == "mean" or bool((np.asarray(value) > 0).all())
            _say(bool(fits) and positive, name, value, f"one number, or {channels} of them, positive for std and scale")

    def picture(self, image: Image.Image) -> np.ndarray[Any, Any]:
        """(height, width, channel) uint8, at the network's size."""
        height, width = self.size
        sized = coloured(image, self.mode).resize((width, height), Image.Resampling.BILINEAR)
        array = np.asarray(sized)
        return array[..., None] if array.ndim == 2 else array

    def numbers(self, picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(height, width, channel) as the network reads it."""
        scaled = picture.astype(np.float64) * (self.scale / 255)
        return np.asarray((scaled - np.asarray(self.mean)) / np.asarray(self.std))

    def back(self, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """uint8 pictures (..., channel) from the network's numbers."""
        pixels = (numbers * np.asarray(self.std) + np.asarray(self.mean)) * (255 / self.scale)
        return np.asarray(pixels.round().clip(0, 255), dtype=np.uint8)


@dataclass(frozen=True)
class Text:
    """Texts through a tokenizer (any Hugging Face tokenizer, or a function with the same answers).

    tokenizer    called as tokenizer(texts, padding=True, truncation=True, max_length=..., return_tensors="pt")
    max_length   tokens at most; None for the tokenizer's own limit
    """

    tokenizer: Any
    max_length: int | None = None

    def __post_init__(self) -> None:
        _say(callable(self.tokenizer), "tokenizer", self.tokenizer, "AutoTokenizer.from_pretrained(...)")

    def encoded(self, texts: list[str]) -> dict[str, Any]:
        """What the tokenizer makes of the texts; its own refusals become BadInput."""
        try:
            given = self.tokenizer(
                texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
            )
        except ValueError as error:
            raise BadInput(
                f"the tokenizer refused the texts ({error}). Texts that it can pad to one length were expected. "
                "Give it a padding token: tokenizer.pad_token = tokenizer.eos_token."
            ) from error
        return dict(given)


@dataclass(frozen=True)
class Table:
    """Columns, in the order in which the network reads them."""

    columns: Sequence[str]

    def __post_init__(self) -> None:
        names = [] if isinstance(self.columns, str) else list(self.columns)
        twice = [name for name, times in Counter(names).items() if times > 1]
        _say(bool(names) and not twice, "columns", self.columns, "a list of names, each of them once,")

    def numbers(self, frame: Any) -> np.ndarray[Any, Any]:
        """(row, column) out of a DataFrame, or a dict of columns; found by name, whatever their order.

        Raises BadInput for a column that is missing, stands there twice, or holds no finite numbers.
        """
        there = [str(c) for c in (frame if isinstance(frame, Mapping) else frame.columns)]
        own = dict(zip(there, frame if isinstance(frame, Mapping) else frame.columns, strict=True))
        for name in self.columns:
            if there.count(name) != 1:
                raise _no_column(name, there, self.columns)
        columns = [_numeric(frame[own[name]], name) for name in self.columns]
        return np.stack(np.broadcast_arrays(*columns), 1)


def _no_column(name: str, there: list[str], wanted: Sequence[str]) -> BadInput:
    if name in there:
        return BadInput(
            f"the table has {there.count(name)} columns named {name!r}. One was expected. Rename or drop the others."
        )
    return BadInput(
        f"the table has no column {name!r}. {near(name, there)}The model reads: {', '.join(wanted)}. "
        "Add or rename columns.",
        column=name,
    )


def _numeric(column: Any, name: str) -> np.ndarray[Any, Any]:
    """One column as numbers; the nullable types of pandas too, if nothing is missing."""
    array = np.atleast_1d(np.asarray(column))
    if array.dtype.kind == "O" and getattr(getattr(column, "dtype", None), "kind", "O") in "iufb":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind not in "iufb" or array.ndim != 1:
        raise BadInput(
            f"column {name!r} holds no numbers, but {_kind(column, array)}. Numeric columns were expected. Encode it "
            "first (one-hot, or codes)."
        )
    if not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0, 0])
        raise BadInput(
            f"column {name!r} holds {int((~np.isfinite(array)).sum())} missing or infinite values, the first in row "
            f"{row}. Finite numbers were expected. Fill or drop them, e.g. frame.fillna(frame.median())."
        )
    return array


def _kind(column: Any, array: np.ndarray[Any, Any]) -> str:
    first = f" such as {array.flat[0]!r}" if array.size else ""
    return f"{getattr(column, 'dtype', array.dtype)}{first}"


def _say(fits: bool, name: str, value: object, example: str) -> None:
    """A setting of a modality that does not fit is refused."""
    if not fits:
        raise BadSetting(
            f"{name}={value!r} does not fit. Something like {example} was expected. Say it as in training.",
            setting=name,
        )
