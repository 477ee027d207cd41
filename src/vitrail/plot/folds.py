"""The page of an evaluation, with its folds where it was cross-validated."""

from html import escape

from vitrail.explanation import Explanation
from vitrail.plot.lined import lined, note, numbers
from vitrail.plot.marks import NAMES, evaluation_html, figure, with_interval

SHARED = (
    "Each fold was scored by a network that had learnt from the others. The interval of the mean is Student's t, wider "
    "than usual because the networks share most of their examples."
)


def whole_evaluation_html(answer: Explanation) -> str:
    """All about one evaluation, and about its folds."""
    return folds_html(answer) + evaluation_html(answer)


def folds_html(answer: Explanation) -> str:
    """A row for each measure, fold by fold; nothing where there are no folds."""
    found = answer.checks.get("folds")
    if not found:
        return ""
    count = max(len(measure["each"]) for measure in found.values())
    lines = [
        f'<th scope="row">{escape(NAMES[name])}</th>'
        + numbers([with_interval(measure["mean"], measure["interval"]), *map(figure, measure["each"])])
        for name, measure in found.items()
    ]
    heads = ["measure", "mean", *(f"fold {k}" for k in range(1, count + 1))]
    return f"<h3>Fold by fold</h3>{lined('Folds', heads, lines, 1)}{note(SHARED)}<h3>All folds together</h3>"
