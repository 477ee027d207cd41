"""Curves over all thresholds, and whether probabilities keep their word: ROC, precision and recall, reliability."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.colour import class_colour, solid
from vitrail.plot.drawing import NEUTRAL, middle_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEGEND = 12  #: classes up to which a legend names them
LABEL = 18


def drawn_classes(answer: Explanation) -> list[int]:
    """The classes with a curve; of two that exclude each other the second one only."""
    found = [int(name.removeprefix("roc/")) for name in answer.arrays if name.startswith("roc/")]
    return [j for j in found if j == 1] if answer.checks["task"] == "binary" else sorted(found)


def draw_roc(axes: "Axes", answer: Explanation) -> None:
    for j in drawn_classes(answer):
        curve = answer.arrays[f"roc/{j}"]
        axes.plot(curve[:, 0], curve[:, 1], color=shade(answer, j), linewidth=1.2, label=label(answer, j, "auc"))
    axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=0.8, linestyle="--")
    square(axes, "false positive rate", "true positive rate", "ROC, area under it; dashed: chance")
    legend(axes, answer)


def draw_precision_recall(axes: "Axes", answer: Explanation) -> None:
    """Steps, as average precision is the area under them; a curve begins where nothing is called true."""
    for j in drawn_classes(answer):
        curve = answer.arrays[f"pr/{j}"]
        name = label(answer, j, "average_precision")
        axes.step(curve[:, 0], curve[:, 1], where="post", color=shade(answer, j), linewidth=1.2, label=name)
    square(axes, "recall", "precision", "Precision and recall, average precision")
    legend(axes, answer)


def draw_reliability(axes: "Axes", answer: Explanation) -> None:
    """Bars are the share that is so, the diagonal is where they should end; below: how many examples."""
    bins = np.asarray(answer.arrays["calibration"])
    width = 1 / len(bins)
    known = bins[:, 2] > 0
    places = (np.arange(len(bins)) + 0.5) * width
    axes.bar(places[known], bins[known, 1], width=0.92 * width, color=solid(-1, "signed"), alpha=0.55)
    axes.plot(bins[known, 0], bins[known, 1], "o", color=solid(-1, "signed"), markersize=3.5)
    axes.bar(places, 0.2 * bins[:, 2] / bins[:, 2].max(), width=0.92 * width, color=NEUTRAL, alpha=0.55)
    axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=0.8, linestyle="--")
    error = float(answer.checks["calibration_error"])
    square(axes, meant(answer), "share that is so", f"Reliability, expected calibration error {error:.3f}")


def meant(answer: Explanation) -> str:
    """What the probabilities of the reliability diagram are of."""
    if answer.checks["task"] == "binary":
        return f"probability of {middle_cut(str(answer.labels['class'][1]), LABEL)}; grey: how many examples"
    of = "each label" if answer.checks["task"] == "multilabel" else "the class that is said"
    return f"probability of {of}; grey: how many examples"


def shade(answer: Explanation, j: int) -> str:
    """The colour of a class; the first one where there is a single curve."""
    return class_colour(0 if answer.checks["task"] == "binary" else j)


def label(answer: Explanation, j: int, measure: str) -> str:
    return f"{middle_cut(str(answer.labels['class'][j]), LABEL)} {float(answer.arrays[measure][j]):.3f}"


def square(axes: "Axes", across: str, up: str, title: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.set_xlabel(across, fontsize=8, parse_math=False)
    axes.set_ylabel(up, fontsize=8)
    axes.set_title(title, fontsize=9, loc="left", parse_math=False)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def legend(axes: "Axes", answer: Explanation) -> None:
    count = len(drawn_classes(answer))
    if not count:
        axes.text(
            0.5, 0.5, "one class only: no curve", transform=axes.transAxes, ha="center", fontsize=8, color=NEUTRAL
        )
    elif count <= LEGEND:
        drawn = axes.legend(
            fontsize=6.5, frameon=False, loc="lower right" if "ROC" in axes.get_title("left") else "best"
        )
        for text in drawn.get_texts():
            text.set_parse_math(False)
