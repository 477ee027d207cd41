"""The view of every other kind: a table of the arrays it holds."""

from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("array", "axes", "shape", "type", "least", "mean", "most")


def draw_table(answer: Explanation, **options: object) -> "Figure":
    """The arrays of an Explanation with axes, shape, type, and their least, mean and largest value.

    It is what an unknown kind is drawn as, so it takes and ignores the options of other views.
    """
    from matplotlib.figure import Figure

    rows = facts(answer)
    figure = Figure(figsize=(9.5, 0.32 * len(rows) + 1.1), layout="constrained")
    axes = figure.subplots()
    axes.axis("off")
    axes.set_title(f"{answer.kind} by {answer.method or 'an unnamed method'}", loc="left", parse_math=False)
    drawn = axes.table(cellText=rows, colLabels=COLUMNS, loc="upper center", cellLoc="left", edges="horizontal")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(9)
    drawn.auto_set_column_width(list(range(len(COLUMNS))))
    drawn.scale(1, 1.4)
    for cell in drawn.get_celld().values():
        cell.get_text().set_parse_math(False)
    return figure


def facts(answer: Explanation) -> list[list[str]]:
    """One row of text for each array, in the order of `COLUMNS`."""
    return [
        [
            name,
            ", ".join(answer.axes.get(name, ())),
            " × ".join(map(str, array.shape)),
            str(array.dtype),
            *spread(array),
        ]
        for name, array in answer.arrays.items()
    ]


def spread(array: Array) -> list[str]:
    """Least, mean and largest of the finite numbers; dashes when there are none."""
    if array.dtype.kind not in "biuf":
        return ["–"] * 3
    numbers = array[np.isfinite(array)].astype(np.float64)
    if not numbers.size:
        return ["–"] * 3
    return [f"{value:.4g}" for value in (numbers.min(), numbers.mean(), numbers.max())]
