"""The view of kind "interaction": a matrix with a number for every pair of players."""

import math
from typing import TYPE_CHECKING

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import headline, readable
from vitrail.plot.colour import CLIP, colours, hexes, ink, reach
from vitrail.plot.panel import Panel, add_bar
from vitrail.plot.shares import NAME, column, cut
from vitrail.plot.sheet import MOST, sheet
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOP = 16  #: players that a matrix has room for
WRITTEN = 9  #: players up to which the numbers stand in the matrix


def draw_interaction(answer: Explanation, *, top: int = TOP, clip: float = CLIP, most: int = MOST) -> "Figure":
    """One row for each example: how much every two players do together beyond what each does alone.

    Red pairs strengthen each other, blue ones take from each other. On the diagonal is what each does alone, where the
    method gives that. The players are those with the largest sizes in their row.

    Settings    top     players drawn at most
                clip    percentile of the absolute values that gets full colour, above 0 and up to 100
                most    examples drawn at most
    Gives       a matplotlib Figure; a table of arrays when the values are no square for each example
    Raises      BadSetting for a setting out of its range
    """
    if top < 2:
        raise BadSetting(f"top must be at least 2, got {top}. It is how many players are drawn.", top=top)
    if not drawable(answer):
        return draw_table(answer)
    panel = matrix_panel(answer, top, clip)
    return sheet([panel], lambda example: headline(answer, example), len(answer), most=most)


def drawable(answer: Explanation) -> bool:
    values = answer.arrays.get("values")
    return values is not None and values.ndim == 3 and values.shape[1] == values.shape[2]


def strongest(matrix: Array, top: int) -> Array:
    """The players with the largest sizes in their rows, in their own order."""
    sizes = np.abs(np.nan_to_num(matrix)).sum(1)
    return np.sort(np.argsort(-sizes, kind="stable")[:top])


def names_of(answer: Explanation, example: int) -> list[str]:
    """What the players of one example are called: columns, the words of tokens, or their numbers."""
    count, axes = answer.arrays["values"].shape[1], answer.axes.get("players", ())
    labels = answer.arrays.get("players")
    if labels is None or axes not in (("batch", "feature"), ("batch", "token")):
        return [f"player {i}" for i in range(count)]
    own = labels[example % len(labels)]
    held = [np.flatnonzero(own == i) for i in range(count)]
    if axes[1] == "feature":
        return [column(answer, each, count)[0] for each in held]
    words = answer.labels.get("token") or ()
    named = words[example] if example < len(words) else [f"token {i}" for i in range(len(own))]
    return [
        "".join(readable(named[i]) for i in each if i < len(named)).strip() or f"player {k}"
        for k, each in enumerate(held)
    ]


def matrix_panel(answer: Explanation, top: int, clip: float) -> Panel:
    values = np.asarray(answer.arrays["values"], np.float64)
    count = min(values.shape[1], top)
    longest = max(len(cut(name, NAME)) for i in range(min(len(values), MOST)) for name in names_of(answer, i))
    room = 0.075 * longest

    def draw(axes: "Axes", example: int) -> None:
        kept = strongest(values[example], top)
        draw_matrix(axes, values[example][np.ix_(kept, kept)], [names_of(answer, example)[i] for i in kept], clip)
        if len(kept) < values.shape[1]:
            axes.set_xlabel(f"{len(kept)} of {values.shape[1]} players are shown", fontsize=8)

    side = max(0.42 if count <= WRITTEN else 0.27, 1.6 / count) * count
    return Panel(side + room + 1.0, side + room + 0.4, draw)


def draw_matrix(axes: "Axes", matrix: Array, names: list[str], clip: float) -> None:
    full = reach(matrix, clip)
    axes.imshow(colours(matrix, full, "signed"), interpolation="nearest")
    short = [cut(name, NAME) for name in names]
    axes.set_yticks(range(len(names)), short, parse_math=False)
    axes.set_xticks(range(len(names)), short, rotation=90, parse_math=False)
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
    add_bar(axes, full, "signed")
    if len(names) <= WRITTEN:
        shades = np.reshape(hexes(matrix.ravel(), full, "signed"), matrix.shape)
        for (row, place), value in np.ndenumerate(matrix):
            axes.text(
                place,
                row,
                written(value, full),
                ha="center",
                va="center",
                fontsize=6.5,
                color=ink(str(shades[row, place])),
            )


def written(value: float, full: float) -> str:
    """A number with its sign, to less than a hundredth of the largest; "0" for what rounds to nothing."""
    if not 1e-3 <= full < 1e5:
        return f"{value:+.2g}"
    text = f"{value:+.{max(0, 2 - math.floor(math.log10(full)))}f}"
    return text if float(text) else "0"
