"""The view of kind "data": how many examples there are of what, how values are spread, and what goes together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import colours, ink
from vitrail.plot.drawing import middle_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: part -> what it is called, and its colour
PARTS = {"train": ("training", "#2f5d8c"), "validation": ("validation", "#e0a030"), "test": ("test", "#8ab6e6")}
WIDE, EACH, AROUND = 6.4, 0.26, 1.15  #: inches: a picture, a row of it, its title and axis
ACROSS = 4
MOST = 40  #: classes that are drawn
HISTOGRAMS = 24
WRITTEN = 14  #: columns up to which each correlation is written out
NAME = 24  #: letters
BAR = "#5b7fa6"


def draw_data(answer: Explanation) -> "Figure":
    """Examples of each class, and part, beside what goes together.

    Gives       a matplotlib Figure
    """
    from matplotlib.figure import Figure

    both = "correlation" in answer.arrays
    figure = Figure(figsize=(WIDE * (1 + both), max(counts_tall(answer), 5.2 * both)), layout="constrained")
    axes = figure.subplots(1, 1 + both, squeeze=False)[0]
    draw_counts(axes[0], answer)
    if both:
        draw_correlation(axes[1], answer)
    return figure


def counts_figure(answer: Explanation) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE, counts_tall(answer)), layout="constrained")
    draw_counts(figure.subplots(), answer)
    return figure


def counts_tall(answer: Explanation) -> float:
    rows = len(answer.labels["class"])
    return 3.2 if answer.checks["task"] == "regression" else AROUND + EACH * max(min(rows, MOST), 4)


def draw_counts(axes: "Axes", answer: Explanation) -> None:
    """Bars of classes, or the histogram of what is predicted; one colour for each part."""
    (draw_quantities if answer.checks["task"] == "regression" else draw_classes)(axes, answer)
    bare(axes)
    axes.legend(fontsize=8, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.1)


def draw_classes(axes: "Axes", answer: Explanation) -> None:
    names = [middle_cut(str(name), NAME) for name in answer.labels["class"]][:MOST]
    before = np.zeros(len(names))
    for part, (word, shade) in PARTS.items():
        count = answer.arrays[f"count/{part}"][: len(names)]
        axes.barh(range(len(names)), count, left=before, color=shade, label=word, height=0.74)
        before = before + count
    for row, whole in enumerate(before):
        axes.text(whole, row, f" {int(whole):,}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.12)
    axes.set_xlabel("examples", fontsize=8)


def draw_quantities(axes: "Axes", answer: Explanation) -> None:
    """The first of what is predicted."""
    edges, before = answer.arrays["edges"][0], np.zeros(answer.arrays["values"].shape[1])
    for part, (word, shade) in PARTS.items():
        count = answer.arrays[f"count/{part}"][0]
        axes.bar(edges[:-1], count, np.diff(edges), before, color=shade, label=word, align="edge", linewidth=0)
        before = before + count
    axes.set_xlabel(middle_cut(str(answer.labels["class"][0]), 40), fontsize=8, parse_math=False)
    axes.set_ylabel("examples", fontsize=8)


def bare(axes: "Axes") -> None:
    axes.tick_params(labelsize=8, left=False)
    axes.spines[["top", "right"]].set_visible(False)


# -- what goes together ------------------------------------------------------------------------------------


def names_of(answer: Explanation) -> list[str]:
    """The rows of the correlations: columns, or groups of pictures."""
    return list(map(str, answer.labels.get("correlated", answer.labels.get("group", []))))


def correlation_figure(answer: Explanation) -> "Figure":
    from matplotlib.figure import Figure

    side = min(2.2 + 0.34 * len(names_of(answer)), 10.0)
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    draw_correlation(figure.subplots(), answer)
    return figure


def draw_correlation(axes: "Axes", answer: Explanation) -> None:
    """A square for each pair, blue below 0 and red above; written out where there is room."""
    found, names = answer.arrays["correlation"], [middle_cut(name, NAME) for name in names_of(answer)]
    shades = colours(found, 1.0, "signed")
    axes.imshow(shades, interpolation="nearest")
    places = range(len(names))
    axes.set_xticks(places, names, rotation=90, fontsize=7.5, parse_math=False)
    axes.set_yticks(places, names, fontsize=7.5, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(names) <= WRITTEN:
        for i, j in np.ndindex(found.shape):
            dark = ink("#" + "".join(f"{int(level):02x}" for level in shades[i, j]))
            axes.text(j, i, hundredths(float(found[i, j])), ha="center", va="center", fontsize=7, color=dark)


def hundredths(value: float) -> str:
    """Such as ".31" or "-.92"."""
    text = f"{value:.2f}".replace("0.", ".")
    return ".00" if text == "-.00" else text


# -- how values are spread ---------------------------------------------------------------------------------


def histograms_figure(answer: Explanation) -> "Figure":
    """A small histogram for each column, or for each channel; bars of categories."""
    from matplotlib.figure import Figure

    drawn = spreads(answer)
    across = min(len(drawn), ACROSS)
    down = -(-len(drawn) // across)
    figure = Figure(figsize=(2.9 * across, 1.75 * down), layout="constrained")
    every = list(figure.subplots(down, across, squeeze=False).flat)
    for axes, (name, left, count, words) in zip(every, drawn, strict=False):
        axes.bar(left, count, np.diff([*left, 2 * left[-1] - left[-2]]) if not words else 0.8, color=BAR, align="edge")
        axes.set_title(middle_cut(name, 30), fontsize=8, parse_math=False)
        bare(axes)
        axes.tick_params(labelsize=6.5, left=False, labelleft=False)
        axes.spines["left"].set_visible(False)
        if words:
            axes.set_xticks(
                np.asarray(left) + 0.4, [middle_cut(w, 11) for w in words], rotation=60, ha="right", parse_math=False
            )
    for axes in every[len(drawn) :]:
        axes.axis("off")
    return figure


def spreads(answer: Explanation) -> list[tuple[str, Array, Array, Sequence[str]]]:
    """(name, left edges, counts, names of categories) of what is drawn."""
    known = answer.labels.get("category", {})
    if answer.checks["reads"] == "pictures":
        count = answer.arrays["histogram"]
        channels = ["brightness"] if len(count) == 1 else ["red", "green", "blue"]
        return [(channels[i], np.linspace(0, 256, count.shape[1], False), count[i], ()) for i in range(len(count))]
    found: list[tuple[str, Array, Array, Sequence[str]]] = []
    for i, name in enumerate(answer.labels["feature"][:HISTOGRAMS]):
        if name in known:
            words = list(known[name])
            found.append((name, np.arange(len(words), dtype=float), np.array(list(known[name].values())), words))
        else:
            found.append((name, answer.arrays["histogram_edges"][i][:-1], answer.arrays["histogram"][i], ()))
    return found
