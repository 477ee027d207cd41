"""Heat maps as bytes: laid over a grey picture, shrunk, and packed as PNG for a page."""

import base64
import io

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array
from vitrail.plot.colour import CLIP, colours, reach

OPACITY = {"signed": 0.82, "magnitude": 0.7, "strength": 0.82}
TINY = 96  #: pictures up to this many pixels a side are drawn pixel by pixel, never smoothed


def overlay(
    heat: Array, picture: Array | None, palette: str, *, clip: float = CLIP, opacity: float | None = None
) -> Array:
    """A heat map (height, width) over a grey version of its picture; bytes (height, width, 3).

    opacity    of the strongest colour: 0 shows only the picture, 1 only the colours; None takes `OPACITY`.
               Weak colours are fainter still, so that the picture shows where there is little to say
    """
    opacity = OPACITY[palette] if opacity is None else opacity
    if not 0 <= opacity <= 1:
        raise BadSetting(f"opacity must be between 0 and 1, got {opacity}. Try opacity=0.7.", opacity=opacity)
    full = reach(heat, clip)
    colour = colours(heat, full, palette)
    if picture is None:
        return colour
    backdrop = np.repeat(grey(fit(picture, heat.shape))[..., None], 3, -1)
    if palette != "magnitude":
        backdrop = 150 + backdrop * (
            105 / 255
        )  # pale, so that a dark picture does not dull the pale middle of the palette
    share = np.minimum(np.abs(np.nan_to_num(heat)), full) / full
    weight = (opacity ** (2 - share))[..., None]
    mixed: Array = np.rint((1 - weight) * backdrop + weight * colour)
    return mixed.astype(np.uint8)


def grey(picture: Array) -> Array:
    """The brightness of (height, width, 1 or 3) bytes, as numbers."""
    if picture.shape[-1] == 1:
        return picture[..., 0].astype(np.float64)
    return np.asarray(picture[..., :3] @ [0.299, 0.587, 0.114], np.float64)


def fit(picture: Array, shape: tuple[int, ...]) -> Array:
    """The picture at another height and width."""
    if picture.shape[:2] == shape:
        return picture
    return resized(picture, (shape[1], shape[0]))


def resized(picture: Array, size: tuple[int, int]) -> Array:
    from PIL import Image

    drawn = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
    larger = size[0] >= drawn.width and size[1] >= drawn.height
    pixels = np.asarray(drawn.resize(size, Image.Resampling.NEAREST if larger else Image.Resampling.LANCZOS))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def tiny(pixels: Array) -> bool:
    return bool(max(pixels.shape[:2]) <= TINY)


def shrunk(pixels: Array, side: int) -> Array:
    """No more than `side` pixels high and wide; smaller pictures stay as they are."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    return pixels if scale >= 1 else resized(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))


def png(pixels: Array, *, side: int = 512) -> bytes:
    """The bytes of a PNG; large pictures are shrunk and drawn in 256 colours, tiny ones are kept exactly."""
    from PIL import Image

    small = shrunk(pixels, side)
    drawn = Image.fromarray(small[..., 0] if small.shape[-1] == 1 else small)
    if not tiny(small) and drawn.mode == "RGB":
        drawn = drawn.quantize(256)
    held = io.BytesIO()
    drawn.save(held, format="PNG", optimize=tiny(small))
    return held.getvalue()


def data_uri(pixels: Array, *, side: int = 512) -> str:
    """A picture that travels inside the page."""
    return "data:image/png;base64," + base64.b64encode(png(pixels, side=side)).decode()
