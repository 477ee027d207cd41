"""The view of kind "tuning": which settings mattered, how the best got better, and what each setting did."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL, middle_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, TALL = 8.4, 2.6  #: inches: of all, of a row
ACROSS = 3  #: settings beside each other
NAME = 18  #: letters
LEVEL = 24  #: letters of all choices up to which they are written level
BAR = "#5b7fa6"
WHISKER = 0.18  #: how far trials with the same choice are spread apart
FAR = 20  #: how many times the least value the largest may be before its axis counts powers of ten


def draw_tuning(answer: Explanation) -> "Figure":
    """What mattered, trial after trial, and below a panel for each setting with the trials that ended.

    Gives       a matplotlib Figure
    """
    from matplotlib.figure import Figure

    names = list(answer.labels["feature"])
    rows = -(-len(names) // ACROSS)
    figure = Figure(figsize=(WIDE, TALL * (1 + rows)), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, rows])[:, 0]
    left, right = above.subplots(1, 2)
    draw_importance(left, answer)
    draw_trials(right, answer)
    places = below.subplots(rows, min(ACROSS, len(names)), squeeze=False, sharey=True)
    for j, axes in enumerate(places.ravel()):
        if j < len(names):
            draw_setting(axes, answer, j)
        else:
            axes.set_axis_off()
    for row in places:
        row[0].set_ylabel(measure_of(answer), fontsize=8)
    return figure


def measure_of(answer: Explanation) -> str:
    return f"validation {str(answer.checks['metric']).replace('_', ' ')}"


def draw_importance(axes: "Axes", answer: Explanation) -> None:
    """Bars: the share of the variance between trials that a setting explains alone."""
    shares = np.asarray(answer.arrays["importance"])
    axes.set_title("what mattered", fontsize=9, loc="left", fontweight="bold")
    bare(axes)
    if not np.isfinite(shares).any():
        axes.text(0.5, 0.5, "too few trials to say", transform=axes.transAxes, ha="center", fontsize=8, color=NEUTRAL)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    order = np.argsort(-np.nan_to_num(shares), kind="stable")
    axes.barh(range(len(order)), np.nan_to_num(shares)[order], color=BAR, height=0.66)
    for row, j in enumerate(order):
        axes.text(np.nan_to_num(shares)[j], row, f" {100 * np.nan_to_num(shares)[j]:.0f} %", va="center", fontsize=8)
    axes.set_yticks(range(len(order)), [middle_cut(answer.labels["feature"][j], NAME) for j in order], parse_math=False)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(0, 1.15 * max(float(np.nanmax(shares)), 0.01))
    axes.set_xlabel("share of the variance between trials", fontsize=8)


def draw_trials(axes: "Axes", answer: Explanation) -> None:
    """A dot for each trial that ended, ticks for those that did not, a line for the best so far."""
    values, state = np.asarray(answer.arrays["values"]), np.asarray(answer.arrays["state"])
    numbers = np.arange(1, len(values) + 1)
    axes.plot(numbers[state == 0], values[state == 0], "o", color=NEUTRAL, markersize=3.5, alpha=0.7, label="trial")
    axes.step(
        numbers, answer.arrays["best"], where="post", color=solid(1, "signed"), linewidth=1.6, label="best so far"
    )
    for code, marker, word in ((1, "|", "pruned"), (2, "x", "failed")):
        own = numbers[state == code]
        if len(own):
            place = np.full(len(own), 0.02)
            colour = solid(-1, "signed") if code == 2 else NEUTRAL
            transform = axes.get_xaxis_transform()
            axes.plot(own, place, marker, color=colour, markersize=5, transform=transform, label=f"{word} ({len(own)})")
    axes.set_title("trial after trial", fontsize=9, loc="left", fontweight="bold")
    axes.set_ylabel(measure_of(answer), fontsize=8)
    axes.set_xlabel("trial", fontsize=8)
    axes.legend(fontsize=7, frameon=False)
    stretched(axes, values)
    bare(axes)


def draw_setting(axes: "Axes", answer: Explanation, j: int) -> None:
    """What the trials reached over one setting; the best of them ringed."""
    name = str(answer.labels["feature"][j])
    values, drawn = np.asarray(answer.arrays["values"]), np.asarray(answer.arrays["setting"])[:, j]
    if name in answer.labels["choice"]:
        places = drawn + apart(drawn)
        choose(axes, answer.labels["choice"][name])
    else:
        places = drawn
        reach(axes, *answer.labels["range"][name], log=answer.labels["scale"].get(name) == "log")
    axes.scatter(places, values, c=np.arange(len(values)), cmap="Blues", vmin=-len(values), s=16)
    best = answer.checks["trial"]
    if best is not None:
        axes.plot(places[best], values[best], "o", markersize=9, fillstyle="none", color=solid(-1, "signed"))
    axes.set_title(middle_cut(name, NAME), fontsize=9, loc="left", fontweight="bold", parse_math=False)
    stretched(axes, values)
    bare(axes)


def choose(axes: "Axes", choices: list[str]) -> None:
    texts = [middle_cut(text, NAME) for text in choices]
    slanted: dict[str, Any] = (
        {"rotation": 50, "ha": "right", "rotation_mode": "anchor"} if len("".join(texts)) > LEVEL else {}
    )
    axes.set_xticks(range(len(choices)), texts, parse_math=False, **slanted)
    axes.set_xlim(-0.5, len(choices) - 0.5)


def reach(axes: "Axes", low: float, high: float, *, log: bool) -> None:
    """All that was searched, also where no trial ended."""
    from matplotlib.ticker import NullFormatter

    if log:
        axes.set_xscale("log")
        axes.set_xlim(low / (high / low) ** 0.05, high * (high / low) ** 0.05)
        if high >= 10 * low:
            axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def apart(drawn: Array) -> Array:
    """A little to the left and right, always the same, so that trials with one choice do not hide each other."""
    return np.asarray(WHISKER * np.sin(2.4 * np.arange(len(drawn))))


def stretched(axes: "Axes", values: Array) -> None:
    known = values[np.isfinite(values)]
    if len(known) and 0 < FAR * known.min() < known.max():
        axes.set_yscale("log")


def bare(axes: "Axes") -> None:
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
