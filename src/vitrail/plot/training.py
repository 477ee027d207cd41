"""The view of kind "training": learning curves, with what is measured while an epoch runs half an epoch earlier."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL, middle_cut
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, lined, note, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VALIDATION = "val_"
WIDE, TALL, RATE = 7.2, 2.5, 1.3  #: inches: of all, of a measure, of the learning rate
FAR = 20  #: how many times its least value a loss may reach before its axis counts powers of ten
HALF = (
    "The training curve is drawn half an epoch earlier: it is a mean over the epoch, of networks that were on average "
    "half an epoch younger than the one that is validated at its end. Dropout and augmentation, where they are on, "
    "also make it look worse than it is."
)


def draw_training(answer: Explanation) -> "Figure":
    """A panel for each measure, training and validation together, and the learning rate below.

    The ring is the epoch whose weights were kept; dashed lines part the phases.

    Gives       a matplotlib Figure
    """
    from matplotlib.figure import Figure

    measures = measures_of(answer)
    tall = TALL * len(measures) + RATE
    figure = Figure(figsize=(WIDE, tall), layout="constrained")
    ratios = [TALL] * len(measures) + [RATE]
    places = figure.subplots(len(measures) + 1, 1, squeeze=False, sharex=True, height_ratios=ratios)[:, 0]
    for name, axes in zip(measures, places, strict=False):
        draw_measure(axes, answer, name)
    draw_rate(places[-1], answer)
    for axes in places:
        draw_phases(axes, answer, named=axes is places[0])
    return figure


def measures_of(answer: Explanation) -> list[str]:
    """The measures without those of validation, the loss first."""
    names = list(dict.fromkeys(str(name).removeprefix(VALIDATION) for name in answer.labels["metric"]))
    return sorted(names, key=lambda name: name != "loss")


def line_of(answer: Explanation, name: str) -> tuple[Array, Array] | None:
    """(where, what) of the epochs in which something was measured; None for a measure that is not there."""
    names = list(answer.labels["metric"])
    if name not in names:
        return None
    column = names.index(name)
    values = answer.arrays["values"][:, column]
    known = np.isfinite(values)
    return answer.arrays["at"][known, column], values[known]


def draw_measure(axes: "Axes", answer: Explanation, name: str) -> None:
    sides = (name, "training, mean over the epoch", -1), (VALIDATION + name, "validation, at its end", 1)
    for key, words, side in sides:
        line = line_of(answer, key)
        if line is not None:
            marker = "o" if len(line[0]) <= 40 else ""
            colour = solid(side, "signed")
            axes.plot(*line, color=colour, linewidth=1.4, marker=marker, markersize=2.8, label=words)
    ring(axes, answer, line_of(answer, VALIDATION + name))
    values = np.concatenate([line[1] for key, _, _ in sides if (line := line_of(answer, key)) is not None])
    if name == "loss" and len(values) and values.min() > 0 and values.max() > FAR * values.min():
        axes.set_yscale("log")
    axes.set_title(name.replace("_", " "), fontsize=9, loc="left", fontweight="bold")
    axes.legend(fontsize=7, frameon=False)
    bare(axes)


def ring(axes: "Axes", answer: Explanation, line: tuple[Array, Array] | None) -> None:
    """Around the epoch whose weights the network has."""
    best = answer.checks.get("best_epoch")
    if best is not None and line is not None and best in line[0]:
        value = line[1][line[0] == best]
        label = f"kept: epoch {best}"
        axes.plot([best], value, "o", markersize=9, fillstyle="none", color=NEUTRAL, markeredgewidth=1.4, label=label)


def draw_rate(axes: "Axes", answer: Explanation) -> None:
    rates = np.asarray(answer.arrays["rate"])
    ends = np.arange(len(rates) + 1)
    axes.stairs(rates, ends, baseline=None, color=NEUTRAL, linewidth=1.3)
    if np.isfinite(rates).all() and rates.min() > 0 and rates.max() > FAR * rates.min():
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.15 * (float(np.nan_to_num(rates).max()) or 1.0))
    if not np.isfinite(rates).any():
        axes.text(0.5, 0.5, "no learning rate", transform=axes.transAxes, ha="center", fontsize=8, color=NEUTRAL)
    axes.set_title("learning rate, at the end of each epoch", fontsize=9, loc="left", fontweight="bold")
    axes.set_xlabel("epochs", fontsize=8)
    axes.set_xlim(0, len(rates) + 0.15)
    bare(axes)


def draw_phases(axes: "Axes", answer: Explanation, *, named: bool) -> None:
    """Where a phase begins; nothing for a single one."""
    phase = np.asarray(answer.arrays["phase"])
    starts = [0, *(np.flatnonzero(np.diff(phase)) + 1)]
    if len(starts) < 2:
        return
    for start in starts:
        if start:
            axes.axvline(start, color=NEUTRAL, linewidth=0.8, linestyle="--")
        if named:
            text = middle_cut(str(answer.labels["phase"][phase[start]]), 20)
            place = axes.get_xaxis_transform()
            axes.text(start + 0.05, 0.02, text, transform=place, fontsize=7, color=NEUTRAL, parse_math=False)


def bare(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


# -- the page ------------------------------------------------------------------------------------------------


def training_html(answer: Explanation) -> str:
    """The curves, and the epoch that was kept."""
    checks = answer.checks
    told = {"epochs": str(checks["epochs"])}
    if "best_epoch" in checks:
        told |= {"kept": f"epoch {checks['best_epoch']}", "validation loss": f"{checks['val_loss']:.4g}"}
    chart = inline(draw_training(answer), described(answer))
    table = f"<details><summary>All epochs</summary>{epochs_table(answer)}</details>"
    return f'{facts(told)}<div class="charts">{chart}</div>{note(HALF)}{table}'


def described(answer: Explanation) -> str:
    """The curves in words, for those who do not see them."""
    names, values = answer.labels["metric"], answer.arrays["values"]
    told = [f"{name} from {values[0, i]:.4g} to {values[-1, i]:.4g}" for i, name in enumerate(names)]
    return f"Learning curves over {len(values)} epochs: {', '.join(told)}"


def epochs_table(answer: Explanation) -> str:
    names = [str(name) for name in answer.labels["metric"]]
    rows = zip(answer.arrays["values"].tolist(), answer.arrays["rate"].tolist(), strict=True)
    lines = [
        numbers([str(i), *(f"{v:.4g}" for v in values), f"{rate:.3g}"]) for i, (values, rate) in enumerate(rows, 1)
    ]
    return lined("Epochs", ["epoch", *names, "rate"], lines, counted=0)
