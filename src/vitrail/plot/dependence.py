"""Dependence: what stands in one column against what the column got, a dot for each example."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitrail.errors import BadSetting, first, near
from vitrail.explanation import Array
from vitrail.plot.colour import colormap, solid
from vitrail.plot.panel import EDGE
from vitrail.plot.ranking import spread
from vitrail.plot.shares import NAME, VALUE, Shares, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

APART = "#0072b2 #e69f00 #009e73 #cc79a7 #56b4e9 #d55e00 #7f7f7f".split()  #: told apart by all eyes; the last: others
NAMED = 14  #: categories that have room for their names along the axis


def draw_dependence(shares: Shares, column: str | None, by: str | None) -> "Figure":
    """A dot for each example; `by` colours them by another column, so that interactions show."""
    from matplotlib.figure import Figure

    if column is None:
        column = shares.names[shares.ranked()[0]]
    here = place_of(shares, column)
    other = None if by is None else place_of(shares, by)
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color=EDGE, linewidth=0.8, zorder=1)
    known = shares.categories[here]
    across = shares.seen[:, here] + (aside(shares.seen[:, here], shares.values[:, here]) if known else 0)
    dots(axes, across, shares, here, other)
    if known:
        several = len(known) > NAMED or max(map(len, known)) * len(known) > 70
        turn: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if several else {}
        axes.set_xticks(range(len(known)), [cut(each, VALUE) for each in known], parse_math=False, **turn)
        axes.set_xlim(-0.6, len(known) - 0.4)
    axes.set_xlabel(cut(column, 2 * NAME), fontsize=9, parse_math=False)
    axes.set_ylabel(f"share of {cut(column, NAME)}", fontsize=9, parse_math=False)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def place_of(shares: Shares, name: str) -> int:
    """The number of a column that can be drawn.

    Raises BadSetting for a column that is not there, or whose values are not known.
    """
    if name not in shares.names:
        raise BadSetting(
            f"no column {name!r} to draw. {near(name, shares.names)}Columns are: {first(list(shares.names), 24)}. "
            "Choose one.",
            column=name,
        )
    found = list(shares.names).index(name)
    if not np.isfinite(shares.seen[:, found]).any():
        raise BadSetting(
            f"what stands in {name!r} is not known, or is several columns at once. One column of the table was "
            "expected. Choose another, or ask with players='columns'.",
            column=name,
        )
    return found


def aside(codes: Array, values: Array) -> Array:
    """How far dots of one category move aside, so that they do not hide one another."""
    moved, reach = np.zeros(len(codes)), float(np.ptp(values)) or 1.0
    for code in np.unique(codes[np.isfinite(codes)]):
        moved[codes == code] = spread(values[codes == code], reach)
    return moved * 0.8


def dots(axes: "Axes", across: Array, shares: Shares, here: int, other: int | None) -> None:
    look: dict[str, Any] = {
        "s": float(np.clip(6000 / max(len(across), 1), 6, 30)),
        "linewidths": 0.2,
        "edgecolors": "white",
        "zorder": 2,
    }
    up = shares.values[:, here]
    error = shares.error[:, here]
    if bool((error > 0).any()):
        axes.errorbar(across, up, yerr=error, fmt="none", ecolor="#b8b8b8", elinewidth=0.7, zorder=1.5)
    if other is None:
        axes.scatter(across, up, color=solid(1, "strength"), **look)
    elif shares.categories[other]:
        apart(axes, across, up, shares.seen[:, other], shares.categories[other], shares.names[other], look)
    else:
        drawn = axes.scatter(across, up, c=shares.seen[:, other], cmap=colormap("value"), **look)
        bar = axes.figure.colorbar(drawn, ax=axes, fraction=0.04, pad=0.02)
        bar.set_label(cut(shares.names[other], NAME), fontsize=8)
        bar.ax.tick_params(labelsize=7, length=0)
        bar.outline.set_visible(False)


def apart(
    axes: "Axes", across: Array, up: Array, codes: Array, known: Sequence[str], name: str, look: dict[str, Any]
) -> None:
    """A colour for each of the commonest categories, and one for all others."""
    there, times = np.unique(codes[np.isfinite(codes)].astype(int), return_counts=True)
    common = there[np.argsort(-times, kind="stable")]
    shown = common if len(common) <= len(APART) else common[: len(APART) - 1]
    for code, colour in zip(shown, APART, strict=False):
        axes.scatter(across[codes == code], up[codes == code], color=colour, label=cut(known[code], VALUE), **look)
    rest = ~np.isin(codes, shown)
    if rest.any():
        axes.scatter(across[rest], up[rest], color=APART[-1], label="others", **look)
    box = axes.legend(title=cut(name, NAME), fontsize=8, title_fontsize=8, frameon=False, loc="upper left",
                      bbox_to_anchor=(1.0, 1.0))  # fmt: skip
    for text in [*box.get_texts(), box.get_title()]:
        text.set_parse_math(False)
