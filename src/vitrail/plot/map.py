"""The view of kind "map": one value for every place of a picture."""

from typing import TYPE_CHECKING

from vitrail.explanation import Explanation
from vitrail.plot.caption import headline
from vitrail.plot.colour import CLIP, colours, palette_of, reach
from vitrail.plot.panel import Panel, draw_pixels, pixel_panels
from vitrail.plot.part import parts
from vitrail.plot.sheet import MOST, sheet
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_map(answer: Explanation, *, clip: float = CLIP, opacity: float | None = None, most: int = MOST) -> "Figure":
    """One row for each example: the picture, the map over it, and the coarse map as the layer gave it.

    Dark is little, bright is much. A map with negative values takes the signed colours, so that they are not hidden.

    Settings    clip      percentile of the absolute values that gets full colour, above 0 and up to 100
                opacity   of the colours over the grey picture, 0 to 1; None picks what suits the palette
                most      examples drawn at most
    Gives       a matplotlib Figure; a table of arrays when the values have no height and width
    Raises      BadSetting for a setting out of its range
    """
    found = parts(answer)
    if not found or any(part.form != "picture" for part in found):
        return draw_table(answer)
    panels = [panel for part in found for panel in pixel_panels(part, clip=clip, opacity=opacity)]
    return sheet(panels + layer_panels(answer, clip), lambda example: headline(answer, example), len(answer), most=most)


def layer_panels(answer: Explanation, clip: float) -> list[Panel]:
    """The map before it was enlarged: its pixels show how fine the layer really sees."""
    coarse = answer.arrays.get("layer_map")
    if coarse is None or coarse.ndim != 3:
        return []
    palette = palette_of(coarse)

    def draw(axes: "Axes", example: int) -> None:
        draw_pixels(axes, colours(coarse[example], reach(coarse[example], clip), palette))
        axes.set_xlabel(f"in the layer: {coarse.shape[1]} × {coarse.shape[2]}", fontsize=8)

    return [Panel(2.4, 2.4, draw)]
