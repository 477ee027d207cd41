"""The view of kinds "signature" and "flow": which paths examples take through the layers."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vitrail.explanation import Explanation
from vitrail.plot.drawing import (
    EDGE,
    LETTER,
    NAME,
    NEUTRAL,
    NODE,
    OPACITY,
    Drawing,
    drawing_of,
    label_place,
    middle_cut,
    summary,
)
from vitrail.plot.streams import streams_of

if TYPE_CHECKING:
    from matplotlib.collections import Collection
    from matplotlib.figure import Figure


def draw_flow(answer: Explanation) -> "Figure":
    """The paths that examples take: input class, cluster at each layer, predicted class, as bands by class.

    Gives       a matplotlib Figure, one unit of its axes a 96th of an inch
    Raises      BadInput when there is not one example
    """
    from matplotlib.figure import Figure

    drawing = drawing_of(streams_of(answer))
    sentences = [summary(drawing.streams), *drawing.streams.notes]
    told = [line for text in sentences for line in textwrap.wrap(text, int(drawing.width / LETTER))]
    foot = 16 * len(told) + 6
    height = drawing.height + foot
    figure = Figure(figsize=(drawing.width / 96, height / 96))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, drawing.width), ylim=(height, 0))
    axes.axis("off")
    for collection in (band_patches(drawing), node_patches(drawing)):
        axes.add_collection(collection, autolim=False)
    for text, x, y, style in written(drawing):
        axes.text(x, y, text, va="center", parse_math=False, **style)
    for line, text in enumerate(told):
        place = drawing.height + 10 + 16 * line
        axes.text(EDGE, place, text, va="center", fontsize=8, color=NEUTRAL, parse_math=False)
    return figure


def band_patches(drawing: Drawing) -> "Collection":
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    links = drawing.streams.links
    paths = [Path(outline(*drawing.band(link)), codes) for link in range(len(links))]
    shades = [drawing.streams.shades[link[3]] for link in links]
    return PathCollection(paths, facecolors=shades, edgecolors="none", alpha=OPACITY)


def outline(left: float, right: float, start: float, end: float, thick: float) -> list[tuple[float, float]]:
    half, low, deep = (left + right) / 2, start + thick, end + thick
    there = [(left, start), (half, start), (half, end), (right, end)]
    return [*there, (right, deep), (half, deep), (half, low), (left, low), (left, start)]


def node_patches(drawing: Drawing) -> "Collection":
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    places = [(i, place) for i, c in enumerate(drawing.streams.columns) for place in range(len(c.counts))]
    shades = [drawing.streams.node_shade(*place) or NEUTRAL for place in places]
    boxes = [drawing.node(*place) for place in places]
    return PatchCollection([Rectangle((x, y), w, max(h, 0.5)) for x, y, w, h in boxes], color=shades, linewidth=0)


def written(drawing: Drawing) -> Iterator[tuple[str, float, float, dict[str, Any]]]:
    """Every text of the picture with its place and its looks."""
    for i, (column, title) in enumerate(zip(drawing.streams.columns, drawing.titles, strict=True)):
        yield title, float(drawing.left[i]) + NODE / 2, 14, {"ha": "center", "fontsize": 9, "fontweight": "bold"}
        x, anchor = label_place(drawing, i)
        side = {"end": "right", "start": "left"}[anchor]
        for place, name in enumerate(column.names):
            yield middle_cut(name, NAME), x, drawing.middle(i, place), {"ha": side, "fontsize": 8}
