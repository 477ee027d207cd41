"""The view of kind "evaluation": confusion, curves and reliability of classes; residuals of numbers."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vitrail.explanation import Explanation
from vitrail.plot.confusion import draw_confusion
from vitrail.plot.residuals import draw_predicted, draw_residuals, draw_spread
from vitrail.plot.thresholds import draw_precision_recall, draw_reliability, draw_roc

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 3.65  #: inches of a panel; three stand beside each other on a page
OUTPUTS = 6  #: predicted numbers that are drawn at most

Draw = Callable[["Axes"], None]


def draw_evaluation(answer: Explanation) -> "Figure":
    """All panels beside and below each other.

    Gives       a matplotlib Figure: for classes confusion, ROC, precision and recall, reliability; for numbers what was
                predicted beside what is true, and the residuals, a row for each of the first outputs
    """
    from matplotlib.figure import Figure

    panels = panels_of(answer)
    across = 3 if answer.checks["task"] == "regression" else min(2, len(panels))
    down = -(-len(panels) // across)
    tall = 0.8 * SIDE if answer.checks["task"] == "regression" else SIDE
    figure = Figure(figsize=(SIDE * across, tall * down), layout="constrained")
    for place, axes in enumerate(figure.subplots(down, across, squeeze=False).flat):
        panels[place][1](axes) if place < len(panels) else axes.axis("off")
    return figure


def draw_one(draw: Draw) -> "Figure":
    """A panel by itself, which a narrow page can hold."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIDE, 0.95 * SIDE), layout="constrained")
    draw(figure.subplots())
    return figure


def panels_of(answer: Explanation) -> list[tuple[str, Draw]]:
    """(what it shows in words, how it is drawn) of each panel."""
    if answer.checks["task"] == "regression":
        outputs = range(min(len(answer.labels["feature"]), OUTPUTS))
        return [panel for output in outputs for panel in of_output(answer, output)]
    checks = answer.checks
    shown: list[tuple[str, Draw]] = [
        (f"ROC curves; mean area {told(checks['auc'])}", lambda axes: draw_roc(axes, answer)),
        ("Precision and recall over all thresholds", lambda axes: draw_precision_recall(axes, answer)),
        (
            f"Reliability; expected calibration error {told(checks['calibration_error'])}",
            lambda axes: draw_reliability(axes, answer),
        ),
    ]
    if checks["task"] == "multilabel":
        return shown
    return [(f"Confusion; accuracy {told(checks['accuracy'])}", lambda axes: draw_confusion(axes, answer)), *shown]


def of_output(answer: Explanation, output: int) -> list[tuple[str, Draw]]:
    name = answer.labels["feature"][output]
    return [
        (f"{name}: predicted beside true", lambda axes: draw_predicted(axes, answer, output)),
        (f"{name}: residuals by prediction", lambda axes: draw_residuals(axes, answer, output)),
        (f"{name}: how the residuals lie", lambda axes: draw_spread(axes, answer, output)),
    ]


def told(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
