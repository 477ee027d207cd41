"""The view of kind "activation": what the channels or units of a layer said."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import headline
from vitrail.plot.colour import CLIP, colours, palette_of, reach
from vitrail.plot.panel import Panel, bar_panels, draw_pixels, series_panels
from vitrail.plot.part import Part
from vitrail.plot.sheet import MOST, sheet
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNITS = ("channel", "unit", "feature")


def draw_activation(answer: Explanation, *, clip: float = CLIP, most: int = MOST, channels: int = 6) -> "Figure":
    """One row for each example: the strongest channels as pictures, or the strongest units as bars.

    The channels are those with the largest mean size over the batch, the same for every example.

    Settings    clip       percentile of the absolute values that gets full colour, above 0 and up to 100
                most       examples drawn at most
                channels   channels drawn at most
    Gives       a matplotlib Figure; a table of arrays when no axis is called channel, unit or feature
    Raises      BadSetting for a setting out of its range
    """
    if channels < 1:
        raise BadSetting(f"channels must be at least 1, got {channels}. It is how many are drawn.", channels=channels)
    panels = panels_of(answer, clip, channels)
    if not panels:
        return draw_table(answer)
    return sheet(panels, lambda example: headline(answer, example), len(answer), most=most)


def panels_of(answer: Explanation, clip: float, channels: int) -> list[Panel]:
    """Maps for (height, width), a strip for tokens or steps, bars for units alone; nothing for other shapes."""
    units = by_unit(answer)
    if units is None or units.ndim not in (2, 3, 4):
        return []
    kept = strongest(units, channels if units.ndim == 4 else 24)
    names = [f"{unit_axis(answer)} {i}" for i in kept]
    if units.ndim == 4:
        return [map_panel(units[:, i], name, clip) for i, name in zip(kept, names, strict=True)]
    if units.ndim == 3:
        return series_panels(Part("", "series", units[:, kept], palette_of(units), names), clip=clip)
    part = Part(
        "", "column", units, palette_of(units, on="text"), [f"{unit_axis(answer)} {i}" for i in range(units.shape[1])]
    )
    return bar_panels(part)


def unit_axis(answer: Explanation) -> str:
    return next((axis for axis in UNITS if axis in answer.axes.get("values", ())), "")


def by_unit(answer: Explanation) -> Array | None:
    """(batch, unit, ...): the values with the channel or unit axis second; None when there is none."""
    axes = answer.axes.get("values", ())
    if not unit_axis(answer) or axes[0] != "batch":
        return None
    return np.moveaxis(np.asarray(answer.arrays["values"], np.float64), axes.index(unit_axis(answer)), 1)


def strongest(units: Array, most: int) -> list[int]:
    """The units with the largest mean size, largest first."""
    size = np.abs(np.nan_to_num(units)).mean(axis=tuple(i for i in range(units.ndim) if i != 1))
    return [int(i) for i in np.argsort(-size, kind="stable")[:most]]


def map_panel(maps: Array, name: str, clip: float) -> Panel:
    palette = palette_of(maps)

    def draw(axes: "Axes", example: int) -> None:
        draw_pixels(axes, colours(maps[example], reach(maps[example], clip), palette))
        axes.set_xlabel(name, fontsize=8)

    return Panel(1.7, 1.8, draw)
