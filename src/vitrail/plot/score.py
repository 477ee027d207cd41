"""The view of kind "score": how usual each example is, by conformal p-values; scores of metrics are in graded.py."""

from collections.abc import Mapping, Sequence
from html import escape
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import percent, short
from vitrail.plot.cell import Look
from vitrail.plot.colour import solid
from vitrail.plot.drawing import many, middle_cut
from vitrail.plot.example import said, subject_html
from vitrail.plot.graded import draw_graded, graded
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, note, scroll
from vitrail.plot.table import draw_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 20  #: examples up to which each is drawn by itself
LEVELS = (0.05, 0.01)  #: shares of usual examples that fall below
ACROSS = 4
MEANING = (
    "p-value: the share of calibration examples that look at least as unusual. Of examples like those of training, at "
    "most 5 % get 0.05 or less."
)


def drawable(answer: Explanation) -> bool:
    """Whether the values are one p-value for each example."""
    values = answer.arrays.get("values")
    return values is not None and values.ndim == 1 and bool(len(values)) and bool(singles(answer))


def singles(answer: Explanation) -> dict[str, Array]:
    """The p-values of the single scores by name, the combined one first."""
    found = {name.removeprefix("p/"): p for name, p in answer.arrays.items() if name.startswith("p/")}
    return ({"combined": found["combined"]} if "combined" in found else {}) | found


def below(values: Array) -> str:
    """Such as "300 examples: 35.3 % at or below 0.05 (usual: 5 %), 9.0 % at or below 0.01 (usual: 1 %)"."""
    shares = [(percent(float((values <= level).mean()), 1), level) for level in LEVELS]
    told = [f"{share} at or below {level} (usual: {100 * level:g} %)" for share, level in shares]
    return f"{many(len(values))}: {', '.join(told)}"


def draw_score(answer: Explanation) -> "Figure":
    """A histogram of the combined p-values; for few examples the p-values of every single score beneath.

    Gives       a matplotlib Figure: that of graded.py for scores of a metric; a table of arrays when there is no
                p-value for each example
    """
    from matplotlib.figure import Figure

    if graded(answer):
        return draw_graded(answer)
    if not drawable(answer):
        return draw_table(answer)
    values, names = np.asarray(answer.arrays["values"]), list(singles(answer))
    count = len(values) if len(values) <= FEW else 0
    down = -(-count // ACROSS)
    each = 0.19 * len(names) + 0.75
    figure = Figure(figsize=(9.5 if down else 7, 2.6 + each * down), layout="constrained")
    if not down:
        draw_histogram(figure.subplots(), values)
        return figure
    top, rest = figure.subfigures(2, 1, squeeze=False, height_ratios=[2.6, each * down])[:, 0]
    draw_histogram(top.subplots(), values)
    for i, axes in enumerate(rest.subplots(down, ACROSS, squeeze=False, sharey=True).flat):
        draw_singles(axes, answer, i) if i < count else axes.axis("off")
    return figure


def draw_histogram(axes: "Axes", values: Array) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.hist(values, bins=20, range=(0, 1), color=solid(-1, "signed"))
    axes.axvline(LEVELS[0], color=solid(1, "signed"), linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_xlabel("p-value: 1 usual, near 0 unlike training", fontsize=8)
    axes.set_ylabel("examples", fontsize=8)
    axes.set_title(below(values), fontsize=8, loc="left", parse_math=False)
    axes.tick_params(labelsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def draw_singles(axes: "Axes", answer: Explanation, example: int) -> None:
    """A bar for every single score of one example."""
    found = {name: float(p[example]) for name, p in singles(answer).items()}
    axes.barh(range(len(found)), list(found.values()), color=[shade(p) for p in found.values()], height=0.7)
    axes.axvline(LEVELS[0], color=solid(1, "signed"), linewidth=0.8)
    axes.set_yticks(range(len(found)), list(found), parse_math=False)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_title(
        middle_cut(f"{example}, predicted {said(answer, example)}", 28), fontsize=8, loc="left", parse_math=False
    )
    axes.tick_params(labelsize=7, left=False)
    axes.spines[["top", "right"]].set_visible(False)


def shade(p: float) -> str:
    """Blue for what is usual, red for what at most one in twenty usual examples reach."""
    return solid(1 if p <= LEVELS[0] else -1, "signed")


def score_html(answer: Explanation, rows: Sequence[int], look: Look) -> str:
    """The numbers, a histogram when there are many examples, and a row for each example that is shown."""
    values = np.asarray(answer.arrays["values"])
    chart = inline(draw_score(answer), below(values)) if len(values) > FEW else ""
    chart = f'<div class="charts">{chart}</div>' if chart else ""
    body = "".join(score_row(answer, row, look) for row in rows)
    heads = ("example", "p-value", "what is unusual", "single scores")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    table = f'<table class="grid score"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"{facts(score_facts(answer))}{chart}{scroll('Examples', table)}{note(meaning(answer))}"


def meaning(answer: Explanation) -> str:
    """What a p-value says, and how small it can be at all."""
    count = answer.checks.get("calibration")
    if count is None:
        return MEANING
    return f"{MEANING} With {many(int(count))} of calibration none can be below {1 / (int(count) + 1):.2g}."


def score_facts(answer: Explanation) -> dict[str, str]:
    values, checks = np.asarray(answer.arrays["values"]), answer.checks
    told = {"examples": short(len(values))}
    told |= {f"p ≤ {level}": percent(float((values <= level).mean()), 1) for level in LEVELS}
    if checks.get("calibration") is not None:
        told["calibrated on"] = " ".join(
            [many(int(checks["calibration"])), str(checks.get("calibrated_on") or "")]
        ).strip()
    weights = checks.get("weights")
    if isinstance(weights, Mapping):
        used = [(k, float(w)) for k, w in weights.items() if isinstance(w, Real) and w]
        told["combined of"] = ", ".join(f"{k} {w:.2g}" for k, w in sorted(used, key=lambda pair: -pair[1]))
    return told


def score_row(answer: Explanation, example: int, look: Look) -> str:
    p = float(answer.arrays["values"][example])
    words = answer.labels.get("unusual") or ()
    told = str(words[example]) if example < len(words) else ""
    sentences = f"<p>{escape(told)}</p>" if told else '<p class="note">nothing</p>'
    return (
        f'<tr><th scope="row">{subject_html(answer, example, look)}</th>'
        f'<td class="number p">{told_p(p)}{bar(p)}</td><td class="told">{sentences}</td>'
        f"<td>{single_bars(answer, example)}</td></tr>"
    )


def told_p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "&lt;\u00a00.001"


def bar(p: float) -> str:
    return f'<div class="track"><i style="left:0;width:{100 * p:.1f}%;background:{shade(p)}"></i></div>'


def single_bars(answer: Explanation, example: int) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{bar(float(p[example]))}</td>'
        f'<td class="number">{told_p(p[example])}</td></tr>'
        for name, p in singles(answer).items()
    )
    return f'<details><summary>p of each</summary><table class="bars"><tbody>{rows}</tbody></table></details>'


def unusual_first(values: Array, most: int) -> list[int]:
    """All examples in their own order, or the `most` with the least p-values."""
    if len(values) <= most:
        return list(range(len(values)))
    return [int(i) for i in np.argsort(values, kind="stable")[:most]]
