"""Pictures of many examples of a table at once: a heat map in an order of similarity, and lines of decisions."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array
from vitrail.plot.colour import CLIP, colormap, colours, reach
from vitrail.plot.panel import EDGE, add_bar
from vitrail.plot.shares import NAME, Shares, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 1500  #: examples that a picture has room for
LINES = 400  #: lines of decisions that can still be told apart


def draw_heatmap(shares: Shares, top: int, clip: float = CLIP) -> "Figure":
    """A row for each column, an example in each place, like examples beside each other; what they add up to on top."""
    from matplotlib.figure import Figure

    kept = few(shares.folded(shares.ranked(), top), MOST)
    kept = kept.examples(alike(kept.values, total(kept)))
    rows = len(kept.names)
    figure = Figure(figsize=(8.2, 0.27 * rows + 1.9), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[0.9, max(0.27 * rows, 0.6)])
    above.plot(np.arange(len(kept.values)), total(kept), color="#1d1f21", linewidth=1)
    above.set_ylabel("f(x)" if known_base(kept) else "sum", fontsize=8)
    above.tick_params(labelsize=7, bottom=False)
    above.spines[["top", "right", "bottom"]].set_visible(False)
    full = reach(kept.values, clip)
    below.imshow(colours(kept.values.T, full, "signed"), interpolation="nearest", aspect="auto")
    below.set_yticks(range(rows), [cut(name, NAME) for name in kept.names], parse_math=False)
    below.tick_params(labelsize=8, left=False)
    below.spines[:].set_visible(False)
    below.set_xlabel(
        left_out("examples, like ones beside each other", len(kept.values), len(shares.values)), fontsize=8
    )
    add_bar(below, full, "signed")
    return figure


def known_base(shares: Shares) -> bool:
    return bool(np.isfinite(shares.base).all())


def total(shares: Shares) -> Array:
    """What the shares of each example add up to, from the base value where there is one."""
    return np.asarray(np.nan_to_num(shares.values).sum(1) + np.nan_to_num(shares.base))


def few(shares: Shares, most: int) -> Shares:
    """At most `most` examples, evenly chosen."""
    count = len(shares.values)
    return shares if count <= most else shares.examples(np.linspace(0, count - 1, most).round().astype(int))


def left_out(words: str, shown: int, count: int) -> str:
    return words if shown == count else f"{words}; {shown} of {count} are shown"


def alike(values: Array, first: Array) -> Array:
    """An order in which each example is followed by the nearest of those that are left; the least `first` begins."""
    left = np.ones(len(values), bool)
    order = [int(np.argmin(first))]
    left[order[0]] = False
    while left.any():
        apart = np.square(values - values[order[-1]]).sum(1)
        order.append(int(np.argmin(np.where(left, apart, np.inf))))
        left[order[-1]] = False
    return np.array(order)


def draw_decision(shares: Shares, top: int) -> "Figure":
    """A line for each example from the base value upwards to f(x), the least important columns first."""
    from matplotlib.figure import Figure

    kept = few(shares.folded(shares.ranked(), top), LINES)
    paths, ends = walked(kept), total(kept)
    rows = len(kept.names)
    figure = Figure(figsize=(7.8, 0.3 * rows + 1.2), layout="constrained")
    axes = figure.subplots()
    low, high = ends.min(), ends.max()
    shade = colormap("value")((ends - low) / (high - low) if high > low else np.full(len(ends), 0.5))
    for path, colour in zip(paths, shade, strict=True):
        axes.plot(path, np.arange(rows + 1), color=colour, linewidth=1.0 if len(paths) > 40 else 1.6, alpha=0.85)
    axes.axvline(float(np.mean(kept.base)), color=EDGE, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    names = [cut(name, NAME) for name in reversed(kept.names)]
    axes.set_yticks(np.arange(rows) + 0.5, names, parse_math=False)
    axes.set_ylim(-0.1, rows + 0.1)
    axes.set_xlabel(
        left_out("from the base value, below, to f(x), above; coloured by f(x)", len(paths), len(shares.values)),
        fontsize=8,
    )
    strip(axes)
    return figure


def walked(shares: Shares) -> Array:
    """(batch, columns + 1) where each example stands after each column, the last column first."""
    steps = np.nan_to_num(shares.values)[:, ::-1].cumsum(1)
    return np.column_stack([shares.base, shares.base[:, None] + steps])


def strip(axes: "Axes") -> None:
    axes.tick_params(labelsize=8, left=False)
    axes.grid(axis="y", color="#ececea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
