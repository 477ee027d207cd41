"""Pictures from wherever they are: files, PIL images and arrays of bytes, the right way up and without alpha."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from vitrail.errors import BadInput

CHANNELS = (1, 3, 4)


def to_image(source: Any) -> Image.Image:
    """A PIL image from itself, from a path, or from an array of bytes (height, width, channel); turned upright.

    Raises BadInput for a missing file or one that is not a picture.
    """
    if isinstance(source, str | os.PathLike):
        source = _read(source)
    elif isinstance(source, np.ndarray | Tensor):
        source = _from_bytes(np.asarray(source))
    if not isinstance(source, Image.Image):
        raise BadInput(
            f"a {type(source).__name__} stands among the pictures. PIL images, paths, or uint8 arrays were expected. "
            "Pass one kind of thing only."
        )
    return ImageOps.exif_transpose(source)


def coloured(image: Image.Image, mode: str) -> Image.Image:
    """The image in a PIL mode: transparent parts on white, 16-bit values scaled to bytes and not cut."""
    if image.mode == "F":
        raise BadInput(
            "a picture holds floating values, whose range is not known. Bytes, or 16-bit values, were expected. "
            "Pass it as an array of numbers, scaled as in training."
        )
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert(mode)
    return image.convert(mode)


def _read(path: Any) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except FileNotFoundError as error:
        raise BadInput(
            f"there is no file {os.fspath(path)!r}. A picture was expected. Check the path; paths are read from "
            f"{str(Path.cwd())!r}."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise BadInput(
            f"{os.fspath(path)!r} could not be read as a picture ({error}). PNG, JPEG or another format that PIL "
            "reads was expected. Save it again."
        ) from error


def _from_bytes(array: np.ndarray[Any, Any]) -> Image.Image:
    """(height, width), (height, width, channel) or (channel, height, width) of bytes as a picture."""
    shape = array.shape
    if array.ndim == 3 and shape[-1] not in CHANNELS and shape[0] in CHANNELS:
        array = np.moveaxis(array, 0, -1)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[-1] not in CHANNELS):
        raise BadInput(
            f"a picture has shape {shape} and type {array.dtype}. Bytes (uint8) of shape (height, width, channel) "
            "with 1, 3 or 4 channels were expected. Reorder its axes, or pass numbers scaled as in training."
        )
    flat = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    return Image.fromarray(np.ascontiguousarray(flat))
