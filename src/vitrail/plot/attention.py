"""The view of kind "attention": every layer and head as a small map, a row for each query, a column for each key."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import headline, readable
from vitrail.plot.colour import CLIP, colours, reach
from vitrail.plot.panel import Panel, add_bar
from vitrail.plot.sheet import sheet
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = ("batch", "layer", "head", "query", "key")
PALETTE = "strength"
EACH = 12  #: layers, and heads, that are shown at most
NAMED = 32  #: tokens up to which a map names them
PIXELS = 32  #: the side that small maps are drawn in at least
GROUND = 168  #: the grey between the maps


def draw_attention(
    answer: Explanation, *, clip: float = CLIP, most: int = 4, layers: int = EACH, heads: int = EACH
) -> "Figure":
    """One row for each example: all layers (downwards) and heads (to the right) as small maps.

    White is little, purple is much; every map has its own scale. In a map a row looks, a column is looked at. Short
    texts also get the mean of all maps, with their tokens named. Padding is left out.

    Settings    clip     percentile of the weights that gets full colour, above 0 and up to 100
                most     examples drawn at most
                layers   layers drawn at most, evenly chosen from the first to the last
                heads    heads drawn at most, in the same way
    Gives       a matplotlib Figure; a table of arrays when the axes are not those of attention maps
    Raises      BadSetting for a setting out of its range
    """
    if layers < 1 or heads < 1:
        raise BadSetting(f"layers={layers} and heads={heads} must be at least 1. It is how many are drawn.")
    if not drawable(answer):
        return draw_table(answer)
    panels = [mean_panel(answer, clip)] if has_names(answer) else []
    return sheet(
        [*panels, grid_panel(answer, clip, layers, heads)], lambda i: headline(answer, i), len(answer), most=most
    )


def drawable(answer: Explanation) -> bool:
    return answer.axes.get("values") == AXES


def words(answer: Explanation, example: int) -> list[str]:
    """The tokens of a text that looks at itself; nothing for other maps."""
    named = answer.labels.get("token", ())
    square = answer.arrays["values"].shape[-1] == answer.arrays["values"].shape[-2]
    return [readable(word) for word in named[example]] if square and example < len(named) else []


def has_names(answer: Explanation) -> bool:
    """Whether every example is a text that is short enough to name its tokens."""
    return all(0 < len(words(answer, i)) <= NAMED for i in range(len(answer)))


def maps_of(answer: Explanation, example: int) -> Array:
    """(layer, head, query, key) of one example, without padding."""
    maps = np.asarray(answer.arrays["values"][example], np.float64)
    count = len(words(answer, example)) or None
    return maps if count is None else maps[..., :count, :count]


def evenly(count: int, most: int) -> list[int]:
    """At most `most` places out of `count`, the first and the last among them."""
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, most)).round()})


def mosaic(maps: Array, clip: float = CLIP) -> Array:
    """(layer, head, query, key) as one picture, bytes: maps beside each other, each on its own scale."""
    times = max(1, PIXELS // max(maps.shape[-2:]))
    high, wide = (side * times for side in maps.shape[-2:])
    gap = max(1, round(0.07 * max(high, wide)))
    whole = np.full((len(maps) * (high + gap) - gap, maps.shape[1] * (wide + gap) - gap, 3), GROUND, np.uint8)
    for row, column in np.ndindex(maps.shape[:2]):
        drawn = colours(maps[row, column], reach(maps[row, column], clip), PALETTE).repeat(times, 0).repeat(times, 1)
        top, left = row * (high + gap), column * (wide + gap)
        whole[top : top + high, left : left + wide] = drawn
    return whole


def note(maps: Array, layers: int, heads: int) -> str:
    """What is shown, and that some are left out."""
    there = maps.shape[:2]
    told = [
        f"{min(count, most)} of {count} {word}s" if count > most else f"{count} {word}{'s' * (count != 1)}"
        for count, most, word in zip(there, (layers, heads), ("layer", "head"), strict=True)
    ]
    return f"{told[0]}, {told[1]}; {maps.shape[-2]} × {maps.shape[-1]} tokens; a row looks at its columns"


def grid_panel(answer: Explanation, clip: float, layers: int, heads: int) -> Panel:
    count = answer.arrays["values"].shape[1:3]
    rows, columns = evenly(count[0], layers), evenly(count[1], heads)
    side = max(0.72, 2.4 / max(len(rows), len(columns)))

    def draw(axes: "Axes", example: int) -> None:
        maps = maps_of(answer, example)
        picture = mosaic(maps[rows][:, columns], clip)
        axes.imshow(picture, interpolation="antialiased")
        axes.set_yticks(centres(picture.shape[0], len(rows)), [f"layer {i}" for i in rows])
        axes.set_xticks(centres(picture.shape[1], len(columns)), [f"head {i}" for i in columns])
        axes.tick_params(length=0, labelsize=7, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.set_xlabel(note(maps, layers, heads), fontsize=8)
        axes.spines[:].set_visible(False)

    return Panel(side * len(columns) + 0.9, side * len(rows) + 0.7, draw)


def centres(size: int, count: int) -> Array:
    """The middle of each of `count` equal parts of `size` pixels."""
    return np.asarray((np.arange(count) + 0.5) * size / count - 0.5)


def mean_panel(answer: Explanation, clip: float) -> Panel:
    """The mean of all layers and heads, with the tokens as names."""
    longest = max(len(words(answer, i)) for i in range(len(answer)))

    def draw(axes: "Axes", example: int) -> None:
        mean, names = maps_of(answer, example).mean((0, 1)), words(answer, example)
        axes.imshow(colours(mean, reach(mean, clip), PALETTE), interpolation="nearest")
        axes.set_yticks(range(len(names)), names, parse_math=False)
        axes.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
        axes.tick_params(length=0, labelsize=8)
        axes.set_xlabel("mean of all layers and heads", fontsize=8)
        axes.spines[:].set_visible(False)
        add_bar(axes, reach(mean, clip), PALETTE)

    return Panel(0.2 * longest + 1.9, 0.2 * longest + 1.4, draw)
