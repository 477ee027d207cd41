"""The view of kind "attribution": a share for every pixel, column, token or step."""

from typing import TYPE_CHECKING

from vitrail.explanation import Explanation
from vitrail.plot.caption import headline
from vitrail.plot.colour import CLIP
from vitrail.plot.panel import Panel, bar_panels, pixel_panels, series_panels, token_panels
from vitrail.plot.part import Part, parts
from vitrail.plot.players import draw_players
from vitrail.plot.shares import TOP
from vitrail.plot.sheet import MOST, sheet
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_attribution(
    answer: Explanation,
    *,
    style: str = "auto",
    column: str | None = None,
    by: str | None = None,
    top: int = TOP,
    clip: float = CLIP,
    opacity: float | None = None,
    most: int = MOST,
) -> "Figure":
    """One row for each example: pictures beside their heat maps, columns as bars, text coloured, steps as lines.

    Channels are summed. Signed values are blue (against), pale (nothing) and red (for), centred on zero; values
    that are never negative run from dark to bright. Every example has its own scale.

    Settings    style     for tables: "bar", "beeswarm", "dependence" or "heatmap", as for players; "auto" for bars
                column    for "dependence": which column; None for the one with the largest shares
                by        for "dependence": the column whose value colours the dots; None for none
                top       for these styles: columns drawn one by one, the others together
                clip      percentile of the absolute values that gets full colour, above 0 and up to 100
                opacity   of the colours over the grey picture, 0 to 1; None picks what suits the palette
                most      examples drawn at most
    Gives       a matplotlib Figure; shapes that no picture fits are drawn as a table of arrays
    Raises      BadSetting for a style or column that does not suit, and for a setting out of its range
    """
    if (style, column, by) != ("auto", None, None):
        return draw_players(answer, style=style, column=column, by=by, top=top, clip=clip, opacity=opacity, most=most)
    found = parts(answer)
    if not found or any(part.form == "other" for part in found):
        return draw_table(answer)
    panels = [panel for part in found for panel in panels_of(part, clip, opacity)]
    return sheet(panels, lambda example: headline(answer, example), len(answer), most=most)


def panels_of(part: Part, clip: float, opacity: float | None) -> list[Panel]:
    if part.form == "picture":
        return pixel_panels(part, clip=clip, opacity=opacity)
    return {"token": token_panels, "series": series_panels, "column": bar_panels}[part.form](part, clip=clip)
