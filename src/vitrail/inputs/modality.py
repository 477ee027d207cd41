"""How pictures, texts and tables become numbers for one network: said once, when the model is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from vitrail.errors import BadInput


@dataclass(frozen=True)
class Images:
    """Pictures (PIL images, paths, uint8 arrays) as the network was trained with them.

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

    def picture(self, image: Image.Image) -> np.ndarray[Any, Any]:
        """(height, width, channel) uint8, at the network's size."""
        height, width = self.size
        sized = image.convert(self.mode).resize((width, height), Image.Resampling.BILINEAR)
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


@dataclass(frozen=True)
class Table:
    """Columns, in the order in which the network reads them."""

    columns: Sequence[str]

    def numbers(self, frame: Any) -> np.ndarray[Any, Any]:
        missing = [c for c in self.columns if c not in frame.columns]
        if missing:
            raise BadInput(
                f"the table has no column {missing[0]!r}. The model reads: {', '.join(self.columns)}. Add or "
                "rename columns."
            )
        return np.asarray(frame[list(self.columns)].to_numpy())


def to_image(source: Any) -> Image.Image:
    """A PIL image from itself or from a path.

    Raises BadInput for a missing file or one that is not a picture.
    """
    if isinstance(source, Image.Image):
        return source
    try:
        with Image.open(source) as image:
            image.load()
            return image
    except FileNotFoundError as error:
        raise BadInput(f"there is no file {str(source)!r}. A picture was expected. Check the path.") from error
    except OSError as error:
        raise BadInput(
            f"{str(source)!r} could not be read as a picture ({error}). PNG, JPEG or another format that PIL reads was "
            "expected. Save it again."
        ) from error
