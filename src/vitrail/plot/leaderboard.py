"""The view of kind "leaderboard": a panel for each metric, with the mean of each method and how sure it is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL, middle_cut
from vitrail.plot.standing import LABEL, Standing, best_first, direction, figures, leaders, standings, to_beat

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = 3
WIDE, EACH, AROUND = 3.75, 0.24, 0.95  #: inches: a panel, a row of it, its title and axis
APART = 100  #: how many times larger the largest mean may be before the axis counts powers of ten


def draw_leaderboard(answer: Explanation) -> "Figure":
    """A panel for each metric: the best method on top, its mean as a dot, the interval of it as a bar.

    Controls are grey; the dashed line is at the better one of them.

    Gives       a matplotlib Figure
    """
    from matplotlib.figure import Figure

    count = len(answer.labels["metric"])
    across = min(count, ACROSS)
    down = -(-count // across)
    tall = AROUND + EACH * len(answer.labels["method"])
    figure = Figure(figsize=(WIDE * across, tall * down), layout="constrained")
    for metric, axes in enumerate(figure.subplots(down, across, squeeze=False).flat):
        draw_panel(axes, answer, metric) if metric < count else axes.axis("off")
    return figure


def draw_metric(answer: Explanation, metric: int) -> "Figure":
    """One panel by itself, which a narrow page can hold."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE, AROUND + EACH * len(answer.labels["method"])), layout="constrained")
    draw_panel(figure.subplots(), answer, metric)
    return figure


def draw_panel(axes: "Axes", answer: Explanation, metric: int) -> None:
    better = answer.labels["better"][metric]
    rows = best_first(standings(answer, metric), better)
    draw_rows(axes, rows)
    line = to_beat(rows, better)
    if line is not None:
        axes.axvline(line, color=NEUTRAL, linewidth=1, linestyle="--", zorder=0)
    axes.set_title(str(answer.labels["metric"][metric]), fontsize=9, loc="left", fontweight="bold", parse_math=False)
    axes.set_xlabel(f"{direction(better)} →" if better == "higher" else f"← {direction(better)}", fontsize=8)
    axes.tick_params(labelsize=8, left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if spread(rows):
        axes.set_xscale("log")
    if not any(row.scored for row in rows):
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no score", transform=axes.transAxes, ha="center", fontsize=8, color=NEUTRAL)


def draw_rows(axes: "Axes", rows: Sequence[Standing]) -> None:
    """A dot and a bar for each; who has no score keeps the row empty."""
    first = leaders(rows)
    for place, row in enumerate(rows):
        shade = NEUTRAL if row.control else solid(-1, "signed")
        axes.plot([row.low, row.high], [place, place], color=shade, linewidth=2, alpha=0.6, solid_capstyle="butt")
        axes.plot([row.mean], [place], "o", color=shade, markersize=4.5)
    axes.set_yticks(range(len(rows)), [middle_cut(row.name, LABEL) for row in rows], parse_math=False)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(NEUTRAL if row.control else "black")
        label.set_fontweight("bold" if row.name in first else "normal")
    axes.set_ylim(len(rows) - 0.5, -0.5)


def spread(rows: Sequence[Standing]) -> bool:
    """Whether a few means are so large that all others would fall into one place."""
    known = [row for row in rows if np.isfinite(row.mean)]
    lows = [min(row.mean, row.low) if np.isfinite(row.low) else row.mean for row in known]
    means = [row.mean for row in known]
    return bool(known) and min(lows) > 0 and max(means) > APART * min(means)


def described(answer: Explanation, metric: int) -> str:
    """The panel in words, for those who do not see it."""
    better = answer.labels["better"][metric]
    rows = best_first(standings(answer, metric), better)
    told = ", ".join(" ".join(filter(None, (row.name, *figures(row)))) for row in rows)
    return f"{answer.labels['metric'][metric]}, {direction(better)}: {told}"
