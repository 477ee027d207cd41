"""The view of kind "players": a share for every column, token, superpixel, patch or window."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.errors import BadSetting, near
from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import headline
from vitrail.plot.colour import CLIP, reach
from vitrail.plot.dependence import draw_dependence
from vitrail.plot.panel import Panel, add_bar, draw_pixels, series_panels, side_panel, size_of, token_panels
from vitrail.plot.picture import overlay
from vitrail.plot.ranking import draw_bar, draw_beeswarm
from vitrail.plot.regions import Laid, laid_of, outlined
from vitrail.plot.sequences import draw_decision, draw_heatmap
from vitrail.plot.shares import TOP, Shares, number, shares_of
from vitrail.plot.sheet import MOST, sheet
from vitrail.plot.table import draw_table
from vitrail.plot.waterfall import waterfall_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = ("waterfall", "bar", "beeswarm", "dependence", "heatmap", "decision")
FROM_BASE = ("waterfall", "decision")  #: styles that begin at the base value
PANELS = ("picture", "token", "series")  #: forms on which values are drawn where they lie
FEW = 4  #: examples up to which each has a waterfall of its own, unless told otherwise


def draw_players(
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
    """What each player got: tables in one of several styles, texts coloured, pictures with their regions filled.

    Settings    style     for tables: "waterfall" (how each example adds up), "bar" (the mean size of each column),
                          "beeswarm" (a dot for each example), "dependence" (the value of one column against its
                          share), "heatmap" (examples beside like ones), "decision" (lines from the base value);
                          "auto" is a waterfall for a few examples, a beeswarm for more
                column    for "dependence": which column; None for the one with the largest shares
                by        for "dependence": the column whose value colours the dots; None for none
                top       for tables: columns drawn one by one, the others together
                clip      percentile of the absolute values that gets full colour, above 0 and up to 100
                opacity   of the colours over the grey picture, 0 to 1; None picks what suits the palette
                most      examples that get a row of their own at most
    Gives       a matplotlib Figure; a table of arrays for players that are neither of these
    Raises      BadSetting for a style or column that does not suit, and for a setting out of its range
    """
    shares = shares_of(answer)
    chosen = style_for(style, shares, answer)
    if style != "dependence" and (column, by) != (None, None):
        raise BadSetting(
            f"column={column!r} and by={by!r} were given with style={style!r}. They are for style='dependence'. "
            "Ask for that, or leave them out."
        )
    if shares is not None:
        if chosen == "waterfall":
            return sheet(waterfall_panels(shares, top), lambda i: headline(answer, i), len(answer), most=most)
        return draw_many(chosen, shares, column, by, top, clip)
    laid = laid_of(answer)
    if laid is None or laid.part.form not in PANELS:
        return draw_table(answer)
    return sheet(panels_of(answer, laid, clip, opacity), lambda i: headline(answer, i), len(answer), most=most)


def draw_many(style: str, shares: Shares, column: str | None, by: str | None, top: int, clip: float) -> "Figure":
    """One picture of all examples of a table."""
    if style == "dependence":
        return draw_dependence(shares, column, by)
    if style == "heatmap":
        return draw_heatmap(shares, top, clip)
    return {"bar": draw_bar, "beeswarm": draw_beeswarm, "decision": draw_decision}[style](shares, top)


def style_for(style: str, shares: Shares | None, answer: Explanation) -> str:
    """The style that is drawn.

    Raises BadSetting for one that is not known, or does not suit the answer.
    """
    if style == "auto":
        few = len(answer) <= FEW and shares is not None and bool(np.isfinite(shares.base).all())
        return "waterfall" if few else "beeswarm"
    if style not in STYLES:
        raise BadSetting(
            f"no style named {style!r}. {near(style, STYLES)}Styles are: auto, {', '.join(STYLES)}. Choose one.",
            style=style,
        )
    if shares is None:
        raise BadSetting(
            f"style={style!r} is for the columns of a table; these are the {answer.kind} values of "
            f"{' and '.join(answer.axes.get('values', ()))}. Leave style out to see them where they lie.",
            style=style,
        )
    if style in FROM_BASE and not np.isfinite(shares.base).all():
        raise BadSetting(
            f"style={style!r} begins at the base value, and {answer.method} gives none. A method over players, such as "
            "'permutation-shap', was expected. Ask one, or take style='beeswarm'.",
            style=style,
        )
    return style


# -- pictures and texts ------------------------------------------------------------------------------------


def panels_of(answer: Explanation, laid: Laid, clip: float, opacity: float | None) -> list[Panel]:
    """What was explained with the values of its players on it."""
    if laid.part.form == "picture":
        return region_panels(answer, laid, clip, opacity)
    (panel,) = (token_panels if laid.part.form == "token" else series_panels)(laid.part, clip=clip)

    def draw(axes: "Axes", example: int) -> None:
        panel.draw(axes, example)
        axes.set_xlabel(from_base(answer, example), fontsize=8)

    return [Panel(panel.width, panel.height + 0.1, draw)]


def region_panels(answer: Explanation, laid: Laid, clip: float, opacity: float | None) -> list[Panel]:
    """The picture, and its regions filled with their values."""
    width, height = size_of(laid.part)

    def draw(axes: "Axes", example: int) -> None:
        draw_pixels(axes, regions(laid, example, clip, opacity))
        add_bar(axes, reach(laid.part.values[example], clip), laid.part.palette)
        axes.set_xlabel(from_base(answer, example), fontsize=8)

    return [*side_panel(laid.part), Panel(width + 0.8, height + 0.2, draw)]


def regions(laid: Laid, example: int, clip: float, opacity: float | None) -> Array:
    """Bytes: each region in the colour of its value over the grey picture, with its outline."""
    picture = None if laid.part.picture is None else laid.part.picture[example]
    drawn = overlay(laid.part.values[example], picture, laid.part.palette, clip=clip, opacity=opacity)
    return drawn if laid.labels is None else outlined(drawn, laid.labels[example])


def from_base(answer: Explanation, example: int) -> str:
    """Where the shares begin, and what was asked: "base value 0.12, f(x) 3.4"."""
    base, asked = answer.arrays.get("base_value"), answer.checks.get("target_value")
    words = [f"base value {number(base[example])}"] if base is not None else []
    words += [f"f(x) {number(asked[example])}"] if asked is not None and np.ndim(asked) else []
    return ", ".join(words)
