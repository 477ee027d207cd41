"""The confusion of classes as a heat map: a row for each true class, a column for each that was said."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.colour import colormap, hexes, ink
from vitrail.plot.drawing import middle_cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COUNTED, NAMED = 12, 40  #: classes up to which cells hold their counts, and rows their names
LABEL = 18  #: letters of a class


def draw_confusion(axes: "Axes", answer: Explanation) -> None:
    """Colours are shares of the true class, numbers are examples; a matrix for each label has no place here."""
    counts = np.asarray(answer.arrays["confusion"])
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap=colormap("strength"), vmin=0, vmax=1, aspect="equal")
    if len(counts) <= COUNTED:
        write_counts(axes, counts, shares)
    name_classes(axes, [str(name) for name in answer.labels["class"]])
    axes.set_xlabel("said", fontsize=8)
    axes.set_ylabel("true", fontsize=8)
    axes.set_title("Confusion: colour is the share of the true class", fontsize=9, loc="left")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def write_counts(axes: "Axes", counts: Array, shares: Array) -> None:
    shades = np.reshape(hexes(shares.ravel(), 1.0, "strength"), shares.shape)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = ink(str(shades[row, column]))
            axes.text(column, row, f"{count}", ha="center", va="center", fontsize=7, color=colour)


def name_classes(axes: "Axes", names: list[str]) -> None:
    if len(names) > NAMED:
        axes.set_xticks([])
        axes.set_yticks([])
        return
    told = [middle_cut(name, LABEL) for name in names]
    size = 8 if len(names) <= 2 * COUNTED else 6
    turned = 90 if max(map(len, told)) > 3 else 0
    axes.set_xticks(range(len(told)), told, rotation=turned, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(told)), told, fontsize=size, parse_math=False)


def largest_confusions(answer: Explanation, most: int) -> list[tuple[str, str, int]]:
    """(true class, class that was said, examples) of the most frequent mistakes."""
    counts = np.array(answer.arrays["confusion"])
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts.ravel(), kind="stable")[:most]
    names = [str(name) for name in answer.labels["class"]]
    pairs = [divmod(int(place), len(names)) for place in order if counts.ravel()[place]]
    return [(names[i], names[j], int(counts[i, j])) for i, j in pairs]
