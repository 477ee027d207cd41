"""The curves of a leaderboard: the target while the most important is taken away, or put in."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.metrics.words import CONTROLS
from vitrail.plot.colour import class_colour
from vitrail.plot.drawing import NEUTRAL, middle_cut
from vitrail.plot.standing import LABEL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = {"most": "Deletion", "least": "Insertion"}  #: what goes first -> what the curve is called
TOLD = {
    "most": ("share taken away, the most important first", "lower is better"),
    "least": ("share put in, the most important first", "higher is better"),
}
DASHES = ("--", "-.")


def curves_of(answer: Explanation) -> dict[str, Array]:
    """Those that the answer holds: "most", "least" -> (methods, steps + 1), each from the left to the right.

    With the least important taken away first, what is left is the most important: read backwards, it is put in.
    """
    found = {first: answer.arrays.get(f"curve/{first}") for first in CURVES}
    return {first: walk[:, ::-1] if first == "least" else walk for first, walk in found.items() if walk is not None}


def draw_removal(answer: Explanation, first: str) -> "Figure":
    """One kind of curve: a line for each method, dashed and grey for controls."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    names, walks = list(answer.labels["method"]), curves_of(answer)[first]
    figure = Figure(figsize=(4.6, 3.2 + 0.2 * -(-len(names) // 2)), layout="constrained")
    axes = figure.subplots()
    where = np.linspace(0, 1, walks.shape[1])
    for place, (name, walk) in enumerate(zip(names, walks, strict=True)):
        axes.plot(where, walk, label=middle_cut(name, LABEL), **looks(name, place))
    words, better = TOLD[first]
    axes.set_title(f"{CURVES[first]}: {better}", fontsize=9, loc="left")
    axes.set_xlabel(words, fontsize=8)
    axes.set_ylabel("target, mean over examples", fontsize=8)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(0, 1)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    legend = figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def looks(name: str, place: int) -> dict[str, Any]:
    """Of a line: a colour of its own for a method, and dashes of its own for a control."""
    if name in CONTROLS:
        return {"color": NEUTRAL, "linestyle": DASHES[CONTROLS.index(name) % len(DASHES)], "linewidth": 1.2}
    return {"color": class_colour(place), "linestyle": "-", "linewidth": 1.5}
