"""How pictures and texts become numbers for one network: said once, when the model is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from vitrail.errors import BadInput, BadSetting
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
        refuse_unfit(
            whole.shape == (2,) and whole.dtype.kind in "iu" and bool((whole > 0).all()),
            "size",
            self.size,
            "(224, 224)",
        )
        refuse_unfit(self.mode in MODES, "mode", self.mode, '"RGB" or "L"')
        channels = 3 if self.mode == "RGB" else 1
        for name, value in (("mean", self.mean), ("std", self.std), ("scale", self.scale)):
            fits = np.shape(value) in ((), (1,), (channels,)) and np.isfinite(np.asarray(value, dtype=float)).all()
            positive = name == "mean" or bool((np.asarray(value) > 0).all())
            refuse_unfit(
                bool(fits) and positive, name, value, f"one number, or {channels} of them, positive for std and scale"
            )

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
    column       the column of a table that holds the texts; None: tables of one column only
    """

    tokenizer: Any
    max_length: int | None = None
    column: str | None = None

    def __post_init__(self) -> None:
        refuse_unfit(callable(self.tokenizer), "tokenizer", self.tokenizer, "AutoTokenizer.from_pretrained(...)")

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


def refuse_unfit(fits: bool, name: str, value: object, example: str) -> None:
    """Raise BadSetting for a setting of a modality that does not fit."""
    if not fits:
        raise BadSetting(
            f"{name}={value!r} does not fit. Something like {example} was expected. Say it as in training.",
            setting=name,
        )
