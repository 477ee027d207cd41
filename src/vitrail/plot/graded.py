"""The view of kind "score" for metrics: how well each example is explained, and how sure the mean is."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.metrics.bootstrap import interval
from vitrail.metrics.choose import METRICS
from vitrail.plot.caption import short
from vitrail.plot.cell import Look
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL, many
from vitrail.plot.example import subject_html
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, note, scroll
from vitrail.plot.standing import Standing, direction, figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 20  #: examples up to which each has a row of its own in the picture
CONFIDENCE = 0.95
TOLD = (
    "Mean over the examples that have a score, and its 95 % interval by the bootstrap over them. Best first: the mark "
    "shows where a score lies between the lowest and the highest one."
)


def graded(answer: Explanation) -> bool:
    """Whether the values are what a metric says of each example."""
    values = answer.arrays.get("values")
    named = "metric" in answer.checks and "better" in answer.checks
    return named and values is not None and values.ndim == 1 and bool(len(values))


def standing(answer: Explanation) -> Standing:
    """The mean over the examples, and how sure it is."""
    values = np.asarray(answer.arrays["values"], np.float64)
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if len(known) else float("nan")
    return Standing(str(answer.checks.get("of", "")), 0, mean, *interval(values, CONFIDENCE, 0), None, len(known))


def told(answer: Explanation) -> str:
    """Such as "40 examples: mean 0.52 [0.41, 0.63], lower is better"."""
    row = standing(answer)
    mean = " ".join(filter(None, figures(row)))
    return f"{many(row.scored)}: mean {mean}, {direction(answer.checks['better'])}"


def best_to_worst(answer: Explanation) -> list[int]:
    """The examples, those without a score last."""
    values = np.asarray(answer.arrays["values"], np.float64)
    order = np.argsort(-values if answer.checks["better"] == "higher" else values, kind="stable")
    return [int(i) for i in order]


def ends(answer: Explanation, most: int) -> tuple[list[int], str]:
    """At most so many examples, the best and the worst ones, and a sentence where those between are left out."""
    order = best_to_worst(answer)
    if len(order) <= most:
        return order, ""
    scored = order[: max(standing(answer).scored, 1)]
    worst = min(most // 2, len(scored) - 1)
    best = min(most - worst, len(scored) - worst)
    kept = scored[:best] + scored[len(scored) - worst :]
    return kept, f"The {best} best and the {worst} worst of {len(order)} examples are shown."


# -- the picture ---------------------------------------------------------------------------------------------


def draw_graded(answer: Explanation) -> "Figure":
    """A dot for each example, the best on top; a histogram of many. Dashed: the mean, in its interval."""
    from matplotlib.figure import Figure

    values = np.asarray(answer.arrays["values"], np.float64)
    tall = 3.0 if len(values) > FEW else 1.1 + 0.2 * len(values)
    figure = Figure(figsize=(6.5, tall), layout="constrained")
    axes = figure.subplots()
    known = values[np.isfinite(values)]
    if len(values) > FEW:
        draw_many(axes, known)
    else:
        draw_few(axes, values, best_to_worst(answer))
    draw_mean(axes, standing(answer))
    better = answer.checks["better"]
    axes.set_xlabel(f"{direction(better)} →" if better == "higher" else f"← {direction(better)}", fontsize=8)
    axes.set_title(f"{answer.checks['metric']}, {told(answer)}", fontsize=9, loc="left", parse_math=False)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    if not len(known):
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no score", transform=axes.transAxes, ha="center", fontsize=8, color=NEUTRAL)
    return figure


def draw_many(axes: "Axes", known: Array) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.hist(known, bins=min(30, max(10, len(known) // 5)), color=solid(-1, "signed"), alpha=0.75)
    axes.set_ylabel("examples", fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def draw_few(axes: "Axes", values: Array, order: Sequence[int]) -> None:
    axes.plot(values[list(order)], range(len(order)), "o", color=solid(-1, "signed"), markersize=4.5)
    axes.set_yticks(range(len(order)), [str(i) for i in order])
    axes.set_ylabel("example", fontsize=8)
    axes.set_ylim(len(order) - 0.5, -0.5)


def draw_mean(axes: "Axes", row: Standing) -> None:
    if np.isfinite(row.low):
        axes.axvspan(row.low, row.high, color=NEUTRAL, alpha=0.2, linewidth=0, zorder=0)
    if np.isfinite(row.mean):
        axes.axvline(row.mean, color=NEUTRAL, linewidth=1, linestyle="--")


# -- the page ------------------------------------------------------------------------------------------------


def graded_html(answer: Explanation, rows: Sequence[int], look: Look) -> str:
    """The mean, the picture, and a row for each example that is shown."""
    chart = f'<div class="charts">{inline(draw_graded(answer), described(answer))}</div>'
    notes = "".join(map(note, filter(None, (asked(answer), missing(answer), TOLD))))
    half = -(-len(rows) // 2)  # two columns: the best and the worst, where those between are left out
    tables = "".join(table_html(answer, part, look) for part in (rows[:half], rows[half:]) if part)
    return f'{facts(graded_facts(answer))}{notes}{chart}<div class="charts">{tables}</div>'


def table_html(answer: Explanation, rows: Sequence[int], look: Look) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("example", str(answer.checks["metric"])))
    body = "".join(row_html(answer, row, look) for row in rows)
    name = f"Examples {rows[0]} to {rows[-1]}"
    return scroll(name, f'<table class="grid score"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def graded_facts(answer: Explanation) -> dict[str, str]:
    row = standing(answer)
    mean, between = figures(row)
    return {
        "metric": str(answer.checks["metric"]),
        "method": row.name,
        "mean": mean,
        "95\u00a0% interval": between,
        "better": str(answer.checks["better"]),
        "examples": short(len(answer.arrays["values"])),
    }


def asked(answer: Explanation) -> str:
    """What the metric asks, in the words of its own first sentence; nothing for a stranger's."""
    found = METRICS.get(str(answer.checks["metric"]))
    if found is None:
        return ""
    sentence = (found.__doc__ or "").partition("\n\n")[0].partition("[1")[0]
    return f"{' '.join(sentence.split()).rstrip('.:')}."


def missing(answer: Explanation) -> str:
    total, scored = len(answer.arrays["values"]), standing(answer).scored
    return "" if scored == total else f"The metric is defined for {scored} of {many(total)}; –: it is not."


def described(answer: Explanation) -> str:
    return f"{answer.checks['metric']} of {answer.checks.get('of', '')}, {told(answer)}"


def row_html(answer: Explanation, example: int, look: Look) -> str:
    value = float(answer.arrays["values"][example])
    score = f"{value:.4g}" if np.isfinite(value) else "–"
    return (
        f'<tr><th scope="row">{subject_html(answer, example, look)}</th>'
        f'<td class="number p">{escape(score)}{mark(answer, value)}</td></tr>'
    )


def mark(answer: Explanation, value: float) -> str:
    """Where a score lies between the lowest and the highest one."""
    values = np.asarray(answer.arrays["values"], np.float64)
    known = values[np.isfinite(values)]
    if not np.isfinite(value) or np.ptp(known) == 0:
        return ""
    left = 98 * (value - known.min()) / np.ptp(known)
    return f'<div class="track"><i style="left:{left:.1f}%;width:2%;background:{solid(-1, "signed")}"></i></div>'
