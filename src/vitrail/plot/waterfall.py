"""Waterfalls: how the shares of one example add up, from the base value to what was asked."""

import math
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array
from vitrail.plot.colour import solid
from vitrail.plot.panel import EDGE, Panel
from vitrail.plot.shares import Shares, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def waterfall_panels(shares: Shares, top: int) -> list[Panel]:
    """One panel: the base value, the columns of each example, its largest first, and the sum."""
    rows = min(shares.values.shape[1], top + 1) + 2

    def draw(axes: "Axes", example: int) -> None:
        one = own(shares, example, top)
        draw_waterfall(axes, one)

    return [Panel(7.2, 0.27 * rows + 0.75, draw)]


def own(shares: Shares, example: int, top: int) -> Shares:
    """One example, its largest columns first, the others together."""
    one = shares.examples(np.array([example]))
    return one.folded(one.ranked(), top)


def steps(values: Array, base: float) -> Array:
    """Where each share begins, and where the last one ends: (columns + 1,)."""
    return np.concatenate([[base], base + np.cumsum(np.nan_to_num(values))])


def last_row(shares: Shares) -> tuple[str, float]:
    """What the shares add up to: f(x) where they do, else their sum."""
    end, asked = float(steps(shares.values[0], shares.base[0])[-1]), float(shares.asked[0])
    off = abs(end - asked) > 1e-3 * max(abs(end), abs(asked), 1e-12)
    return ("sum" if off else "f(x)"), end


def draw_waterfall(axes: "Axes", shares: Shares) -> None:
    values, places = shares.values[0], steps(shares.values[0], shares.base[0])
    count = len(values)
    rows = np.arange(1, count + 1)
    axes.barh(rows, np.nan_to_num(values), left=places[:-1], color=[solid(v, "signed") for v in values], height=0.66)
    for row, place in enumerate(places):  # a thin line from where one bar ends to where the next begins
        axes.plot([place, place], [row, row + 1], color=EDGE, linewidth=0.7, zorder=1)
    uncertain = shares.error[0] > 0
    axes.errorbar(
        places[1:][uncertain], rows[uncertain], xerr=shares.error[0][uncertain], fmt="none", ecolor="#1d1f21",
        elinewidth=0.9, capsize=2.5,
    )  # fmt: skip
    low, high = (places[1:] - shares.error[0]).min(), (places[1:] + shares.error[0]).max()
    low, high = min(low, places[0]), max(high, places[0])
    axes.set_xlim(low - 0.05 * ((high - low) or 1.0), high + 0.05 * ((high - low) or 1.0))
    word, end = last_row(shares)
    axes.plot([shares.base[0], end], [0, count + 1], linestyle="none", marker="D", markersize=5, color="#1d1f21")
    names = ["base value", *(shares.told(i, 0) for i in range(count)), word]
    told = [number(shares.base[0]), *map(share_text, values, shares.error[0]), number(end)]
    dress(axes, names, told)


def share_text(value: float, error: float) -> str:
    """A share with its sign; where it was estimated, its standard error, and no more figures than that leaves."""
    if not error > 0:
        return f"{value:+.3g}"
    return f"{measured(value, error, '+')} ± {error:.1g}"


def measured(value: float, error: float, sign: str = "") -> str:
    """A number to the place of its error, or to four figures where that is less."""
    places = -math.floor(math.log10(float(f"{error:.1g}")))
    size = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:{sign}.{places}f}" if 0 <= places <= 3 - size else f"{value:{sign}.4g}"


def dress(axes: "Axes", names: list[str], told: list[str]) -> None:
    """Names on the left, numbers in a column of their own on the right, so that nothing is written over a bar."""
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    for row, text in enumerate(told):
        axes.text(1.015, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8, parse_math=False)
    axes.tick_params(labelsize=8, left=False)
    axes.grid(axis="x", color="#ececea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
