"""Back to pixels: whatever a network is given becomes red, green and blue between 0 and 255 inside it."""

from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.inputs.modality import Images
from vitrail.train.data import Data


def pixels(keras: Any, given: Any, data: Data) -> Any:
    """The layers that make red, green and blue from 0 to 255 of what the data hold; grey becomes all three.

    Raises BadInput for numbers that are no pixels, and for pictures with other than 1 or 3 channels.
    """
    channels = data.x.shape[-1]
    if channels not in (1, 3):
        raise BadInput(
            f"the pictures have {channels} channels. Grey ones (1) or red, green and blue (3) were expected. Leave "
            "some out, or take the recipe cnn."
        )
    scale, offset = way_back(data)
    if np.any(scale != 1) or np.any(offset != 0):
        given = keras.layers.Rescaling(plain(scale), plain(offset), name="pixels")(given)
    return keras.layers.Concatenate(name="colours")([given] * 3) if channels == 1 else given


def way_back(data: Data) -> tuple[Any, Any]:
    """(scale, offset) to 0..255: as the modality says; plain bytes are there, plain numbers go up to 1 or to 255."""
    seen = data.modality
    if isinstance(seen, Images):
        white = 255 / seen.scale
        return np.asarray(seen.std) * white, np.asarray(seen.mean) * white
    if data.x.dtype == np.uint8:
        return np.asarray(1.0), np.asarray(0.0)
    low, high = float(data.x.min()), float(data.x.max())
    if low < 0 or high > 255:
        raise BadInput(
            f"the pictures hold numbers from {low:g} to {high:g}. Pixels were expected: bytes, or numbers from 0 to 1 "
            "or to 255. Give bytes, or say what was done to them: vitrail.data(..., inputs=vitrail.Images(...))."
        )
    return np.asarray(255.0 if high <= 1 else 1.0), np.asarray(0.0)


def plain(value: Any) -> Any:
    """One number, or a list with one for each channel."""
    return float(np.ravel(value)[0]) if np.size(value) == 1 else np.asarray(value).tolist()
