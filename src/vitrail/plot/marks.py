"""The page of kind "evaluation": measures with their intervals, panels, a row for each class, the worst examples."""

from collections.abc import Sequence
from html import escape

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.caption import short
from vitrail.plot.confusion import largest_confusions
from vitrail.plot.evaluation import draw_one, panels_of
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, lined, note, numbers
from vitrail.plot.mistakes import mistakes_html

NAMES = {
    "accuracy": "accuracy",
    "exact_match": "all labels right",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "auc": "AUC",
    "log_loss": "log loss",
    "calibration_error": "calibration error",
    "most_frequent": "most frequent class",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
    "bias": "bias",
}  #: check -> what it is called
BY_CLASS = ("accuracy", "precision", "recall", "f1", "auc", "average_precision", "support")
BY_OUTPUT = ("rmse", "mae", "r2", "bias")
ROWS = 100  #: classes of the table at most
CONFUSED = 8
OF_CLASSES = (
    "Brackets: 95 % intervals by the bootstrap over the examples. Precision, recall, F1 and AUC are means over the "
    "classes, each against the rest. The calibration error is above zero for any finite number of examples."
)
OF_NUMBERS = (
    "Brackets: 95 % intervals by the bootstrap over the examples. A residual is the true number minus the predicted "
    "one; the bias is their mean. R2 is 0 for one who always says the mean."
)


def evaluation_html(answer: Explanation) -> str:
    """All about one evaluation."""
    panels = "".join(inline(draw_one(draw), words) for words, draw in panels_of(answer))
    regression = answer.checks["task"] == "regression"
    told = f"{facts(measures_told(answer))}{note(OF_NUMBERS if regression else OF_CLASSES)}"
    table = outputs_table(answer) if regression else classes_table(answer)
    two = "" if regression else ' style="max-width:47rem"'  # two beside each other
    return f'{told}<div class="charts"{two}>{panels}</div>{table}{mistakes_html(answer)}'


def measures_told(answer: Explanation) -> dict[str, str]:
    """Name -> value and interval, of what is defined."""
    checks = answer.checks
    known = {"examples": short(int(checks["examples"]))}
    intervals = checks.get("intervals") or {}
    return known | {
        word: with_interval(checks[name], intervals.get(name))
        for name, word in NAMES.items()
        if checks.get(name) is not None
    }


def with_interval(value: float, interval: Sequence[float] | None) -> str:
    told = figure(float(value))
    return told if interval is None else f"{told} [{figure(interval[0])}, {figure(interval[1])}]"


def figure(value: float) -> str:
    """Three figures after the point for shares; four figures for what is larger."""
    return "–" if not np.isfinite(value) else f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


def classes_table(answer: Explanation) -> str:
    """A row for each class, the rarest mistakes left to the picture; the pairs that are confused most."""
    names = [str(name) for name in answer.labels["class"]]
    columns = [name for name in BY_CLASS if name in answer.arrays]
    lines = [
        f'<th scope="row">{escape(name)}</th>' + numbers(cell(answer, column, j) for column in columns)
        for j, name in enumerate(names[:ROWS])
    ]
    heads = ["class", *(heading(column) for column in columns)]
    left = note(f"{ROWS} of {len(names)} classes are shown.") if len(names) > ROWS else ""
    return f"<h3>Class by class</h3>{lined('Classes', heads, lines, 1)}{left}{confused(answer)}"


def heading(column: str) -> str:
    return {"support": "examples", **NAMES}.get(column, column.replace("_", " "))


def cell(answer: Explanation, column: str, j: int) -> str:
    value = float(answer.arrays[column][j])
    return short(int(value)) if column == "support" else figure(value)


def confused(answer: Explanation) -> str:
    if answer.checks["task"] != "multiclass":
        return ""
    pairs = [f"{true} as {said} ({count})" for true, said, count in largest_confusions(answer, CONFUSED)]
    return note(f"Taken for another most often: {', '.join(pairs)}.") if pairs else ""


def outputs_table(answer: Explanation) -> str:
    """A row for each predicted number, where there are several."""
    names = [str(name) for name in answer.labels["feature"]]
    if len(names) < 2:
        return ""
    lines = [
        f'<th scope="row">{escape(name)}</th>' + numbers(figure(float(answer.arrays[m][j])) for m in BY_OUTPUT)
        for j, name in enumerate(names[:ROWS])
    ]
    return f"<h3>Number by number</h3>{lined('Outputs', ['output', *map(heading, BY_OUTPUT)], lines, 1)}"
