"""The view of kind "range-test": the loss over the learning rate, and what to take."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, lined, note, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, TALL = 7.2, 3.6  #: inches
ABOVE = 0.6  #: of the way from the lowest loss to that of the beginning that is drawn above the latter
FAR = 20  #: how many times its least value the loss may be at the beginning before its axis counts powers of ten
RULE = (
    "Each step of training has a rate of its own, higher than the one before. The suggestion is a tenth of the rate at "
    "which the loss begins to climb. The network of this test is thrown away. Another batch size or optimizer has "
    "another edge."
)


def draw_range_test(answer: Explanation) -> "Figure":
    """The loss over the rate, as it was and smoothed, with the suggestion and the turn marked.

    Gives       a matplotlib Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE, TALL), layout="constrained")
    axes = figure.subplots()
    arrays, checks = answer.arrays, answer.checks
    axes.plot(arrays["rate"], arrays["loss"], ".", color=NEUTRAL, alpha=0.45, markersize=3, label="loss of a step")
    axes.plot(arrays["rate"], arrays["values"], color=solid(1, "signed"), linewidth=1.8, label="smoothed")
    marks = (
        ("suggestion", "suggestion", "-", solid(-1, "signed")),
        ("climbs", "begins to climb", "--", NEUTRAL),
        ("steepest", "falls fastest", ":", NEUTRAL),
    )
    for name, words, style, colour in marks:
        if checks[name] is not None:
            axes.axvline(
                checks[name], linestyle=style, color=colour, linewidth=1.4, label=f"{words}: {checks[name]:.2g}"
            )
    axes.set_xscale("log")
    limit(axes, answer)
    axes.set_xlabel("learning rate", fontsize=8)
    axes.set_ylabel("loss", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False, loc="lower left")
    return figure


def limit(axes: "Axes", answer: Explanation) -> None:
    """What blows up leaves the picture, so that the fall before it can be seen."""
    values = answer.arrays["values"]
    if not len(values):
        return
    low, start = float(values.min()), float(values[0])
    if 0 < FAR * low < start:
        axes.set_yscale("log")
        axes.set_ylim(low / 2, start * 4)
    else:
        room = (start - low) or abs(start) or 1.0
        axes.set_ylim(low - 0.35 * room, start + ABOVE * room)


def range_test_html(answer: Explanation) -> str:
    """What to take, the picture, and every step."""
    checks = answer.checks
    words = {"suggestion": "suggestion", "climbs": "begins to climb", "steepest": "falls fastest"}
    told = {word: f"{checks[name]:.3g}" for name, word in words.items() if checks[name] is not None}
    warned = "".join(note(text[:1].upper() + text[1:] + ".") for text in checks["warnings"])
    rows = np.stack([answer.arrays[name] for name in ("rate", "loss", "values")], 1).tolist()
    lines = [numbers([str(k), *(f"{value:.4g}" for value in row)]) for k, row in enumerate(rows, 1)]
    table = lined("Steps", ["step", "rate", "loss", "smoothed"], lines, counted=0)
    chart = inline(draw_range_test(answer), described(answer))
    steps = f"<details><summary>All steps</summary>{table}</details>"
    return f'{facts(told)}{warned}<div class="charts">{chart}</div>{note(RULE)}{steps}'


def described(answer: Explanation) -> str:
    """The picture in words."""
    rates, values = answer.arrays["rate"], answer.arrays["values"]
    if not len(rates):
        return "No step was taken"
    ends = f"rates from {rates[0]:.2g} to {rates[-1]:.2g}, losses from {values[0]:.4g} to {values[-1]:.4g}"
    return f"Loss over the learning rate: {ends}, the lowest {values.min():.4g} at {rates[values.argmin()]:.2g}"
