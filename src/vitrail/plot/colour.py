"""From numbers to colours: palettes that colour-blind readers can tell apart, and the percentile they clip at."""

import colorsys
from typing import Any

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array

ANCHORS = {
    "signed": "2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b",
    "magnitude": "000004 110a30 320a5e 57106e 781c6d 9a2865 bc3754 d84c3e ed6925 f98e09 fbb61a f4df53 fcffa4",
    "strength": "fcfbfd e8e7f2 c6c7e1 9e9ac8 796eb2 5b3495 3f007d",
    "value": "a5db36 6ece58 35b779 1f9e89 26828e 31688e 3e4989 482878",
}  #: palette -> its colours at even distances, from lowest to highest; "signed" is neutral in its middle, and "value"
#: is for what a column itself holds, so that it is never taken for a share
MEANING = {
    "signed": ("blue: against", "pale: no influence", "red: for"),
    "magnitude": ("dark: little", "", "bright: much"),
    "strength": ("white: little", "", "purple: much"),
    "value": ("green: low", "", "purple: high"),
}  #: palette -> what its low end, its middle and its high end say
NUMBERS = ("blue: negative", "pale: zero", "red: positive")  #: what "signed" says of a layer, which is for nothing
MISSING = (128, 128, 128)  #: the colour of a value that is not a number
CLASSES = "105fd9 98dc38 7d549a 94adfb f55179 aa71fc 53dbe2 9c630a 3f9baa cd9205 bb1664 f8afa2".split()  #: one for each
#: class: any two differ by at least 0.08 in OKLab, also for readers who see no red, no green or no blue, and none fades
#: into light or dark paper
OTHER, UNKNOWN = "#a39c92", "#80868b"  #: classes drawn together; a class that is not known
CLIP = 99.5


def palette_of(values: Array, *, on: str = "picture") -> str:
    """Signed where anything is negative; else "magnitude" on pictures and "strength" on text and bars."""
    if bool((values < 0).any()):
        return "signed"
    return "magnitude" if on == "picture" else "strength"


def reach(values: Array, clip: float = CLIP) -> float:
    """The size that gets full colour: the `clip` percentile of the absolute values; never zero.

    Where so few values differ from zero that the percentile is zero, the largest size is taken.
    """
    if not 0 < clip <= 100:
        raise BadSetting(f"clip must be a percentile above 0 and up to 100, got {clip}. Try clip={CLIP}.", clip=clip)
    sizes = np.abs(np.asarray(values, np.float64)[np.isfinite(values)])
    if not sizes.size:
        return 1.0
    return float(np.percentile(sizes, clip)) or float(sizes.max()) or 1.0


def colours(values: Array, full: float, palette: str) -> Array:
    """Bytes (..., 3): zero is the neutral (or lowest) colour, `full` the last one; what is not a number is grey."""
    anchors = rgb(palette)
    numbers = np.isfinite(values)
    share = np.clip(np.where(numbers, values, 0.0).astype(np.float64), -full, full) / full
    place = (share + 1) / 2 if palette == "signed" else np.maximum(share, 0.0)
    stops = np.linspace(0, 1, len(anchors))
    mixed = np.stack([np.interp(place, stops, anchors[:, c]) for c in range(3)], -1)
    return np.where(numbers[..., None], np.rint(mixed), MISSING).astype(np.uint8)


def rgb(palette: str) -> Array:
    """The anchors of a palette as numbers, (anchors, 3)."""
    return np.array([list(bytes.fromhex(anchor)) for anchor in ANCHORS[palette].split()], np.float64)


def hexes(values: Array, full: float, palette: str) -> list[str]:
    """One "#rrggbb" for each value of a flat array."""
    return ["#" + bytes(colour).hex() for colour in colours(np.atleast_1d(values), full, palette)]


def solid(sign: float, palette: str) -> str:
    """The one colour of a bar: for or against, readable on light and on dark paper."""
    return hexes(np.array([np.sign(sign) * (0.85 if palette == "signed" else 0.6)]), 1.0, palette)[0]


def ink(background: str) -> str:
    """Black or white, whichever reads better on "#rrggbb"."""
    light = np.array(list(bytes.fromhex(background[1:]))) / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    return "#000000" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "#ffffff"


def gradient(palette: str) -> str:
    """The palette as a CSS background."""
    return f"linear-gradient(to right, {', '.join('#' + anchor for anchor in ANCHORS[palette].split())})"


def class_colour(place: int) -> str:
    """One "#rrggbb" for each class: those of `CLASSES` first, then hues that go round by the golden angle."""
    if place < len(CLASSES):
        return "#" + CLASSES[place]
    mixed = colorsys.hls_to_rgb(place * 0.61803398875 % 1, 0.45 + 0.15 * (place % 2), 0.6)
    return "#" + bytes(round(255 * part) for part in mixed).hex()


def colormap(palette: str) -> Any:
    """The palette as a matplotlib colormap; nothing is registered."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        f"vitrail-{palette}", ["#" + anchor for anchor in ANCHORS[palette].split()]
    )
