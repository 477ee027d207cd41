"""Pictures of many examples of a table with a row for each column: bars of the mean size, and swarms of dots."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vitrail.explanation import Array
from vitrail.plot.colour import colormap, solid
from vitrail.plot.panel import EDGE
from vitrail.plot.shares import NAME, Shares, cut
from vitrail.plot.waterfall import dress, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NORMAL = 1.96  #: standard errors on either side that hold the mean in 95 of 100 samples
BINS = 90  #: dots in one part of this many of the axis are spread
UNORDERED = "#8c8c8c"  #: categories have no order, so their dots have no colour of one


def draw_bar(shares: Shares, top: int) -> "Figure":
    """The mean size of each column's shares over the examples, with the interval that sampling them leaves."""
    sizes = np.abs(shares.values)
    whole = Shares(shares.names, sizes, np.zeros_like(sizes), shares.seen, shares.categories, shares.base, shares.asked)
    kept = whole.folded(whole.ranked(), top)
    mean, spread = kept.values.mean(0), interval(kept.values)
    figure, axes = rows_figure(len(mean))
    axes.barh(range(len(mean)), mean, color=solid(1, "strength"), height=0.66)
    if len(sizes) > 1:
        axes.errorbar(mean, range(len(mean)), xerr=spread, fmt="none", ecolor="#1d1f21", elinewidth=0.9, capsize=2.5)
    told = [f"{m:.3g}" if not s > 0 else f"{measured(m, s)} ± {s:.1g}" for m, s in zip(mean, spread, strict=True)]
    dress(axes, [cut(name, NAME) for name in kept.names], told)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"mean size of the share over {count_of(len(sizes))}", fontsize=8)
    return figure


def count_of(examples: int) -> str:
    return "1 example" if examples == 1 else f"{examples} examples; the line is a 95 % interval"


def interval(values: Array) -> Array:
    """Half of the 95 % interval of the mean of each column; 0 for a single example."""
    count = len(values)
    return NORMAL * values.std(0, ddof=1) / count**0.5 if count > 1 else np.zeros(values.shape[1])


def rows_figure(rows: int, width: float = 7.6) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 0.3 * rows + 1.0), layout="constrained")
    return figure, figure.subplots()


def draw_beeswarm(shares: Shares, top: int) -> "Figure":
    """One dot for each example in every row, coloured by what stands in the column, from low to high."""
    kept = shares.folded(shares.ranked(), top)
    rows = kept.values.shape[1]
    figure, axes = rows_figure(rows + 1, 8.2)
    axes.axvline(0, color=EDGE, linewidth=0.8, zorder=1)
    reach = np.ptp(kept.values) or 1.0
    size = float(np.clip(9000 / max(len(kept.values), 1), 5, 26))
    for row in range(rows):
        values = np.nan_to_num(kept.values[:, row])
        height = row + spread(values, reach)
        axes.scatter(values, height, s=size, linewidths=0.2, edgecolors="white", zorder=2, **shades(kept, row))
    dress(axes, [cut(name, NAME) for name in kept.names], [])
    axes.set_xlabel("share of each example", fontsize=8)
    value_bar(axes)
    if any(kept.categories) or len(kept.names) < len(shares.names):
        axes.set_xlabel("share of each example; grey: categories, or several columns, which have no order", fontsize=8)
    return figure


def shades(shares: Shares, column: int) -> dict[str, Any]:
    """The colours of a row's dots: by the column's own value, grey where that is unknown or has no order."""
    if shares.categories[column] or not np.isfinite(shares.seen[:, column]).any():
        return {"color": UNORDERED}
    scale = colormap("value").with_extremes(bad=UNORDERED)
    return {"c": place(shares.seen[:, column]), "cmap": scale, "vmin": 0, "vmax": 1, "plotnonfinite": True}


def spread(values: Array, reach: float) -> Array:
    """How far each dot leaves the middle of its row, so that dots do not hide one another: within -0.42 and 0.42.

    Dots are counted in narrow parts of the axis; in each part they go to both sides by turns.
    """
    part = np.floor((values - values.min(initial=0.0)) / reach * BINS).astype(int)
    order = np.lexsort((values, part))
    _, starts, counts = np.unique(part[order], return_index=True, return_counts=True)
    rank = np.empty(len(values), int)
    rank[order] = np.arange(len(values)) - np.repeat(starts, counts)
    side = np.where(rank % 2, 1.0, -1.0) * ((rank + 1) // 2)
    return np.asarray(side * min(0.42 / max(1, counts.max(initial=1) // 2), 0.12))


def place(seen: Array) -> Array:
    """Where each value stands between the column's low and high: 0 to 1, the outermost 2 % cut."""
    known = seen[np.isfinite(seen)]
    if not known.size:
        return np.full(len(seen), 0.5)
    low, high = np.percentile(known, (2, 98))
    if low == high:
        low, high = known.min(), known.max()
    return np.clip((seen - low) / (high - low), 0, 1) if high > low else np.full(len(seen), 0.5)


def value_bar(axes: "Axes") -> None:
    """The scale of the colours: each column from its own low to its own high."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    bar = axes.figure.colorbar(ScalarMappable(Normalize(0, 1), colormap("value")), ax=axes, fraction=0.03, pad=0.02)
    bar.set_ticks([0, 1], labels=["low", "high"], fontsize=8)
    bar.ax.tick_params(length=0)
    bar.set_label("value of the column", fontsize=8, labelpad=-14)
    bar.outline.set_visible(False)
