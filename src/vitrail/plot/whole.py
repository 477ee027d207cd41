"""Answers that a page shows as a whole, not as a row for each example beside other methods."""

from collections.abc import Callable, Sequence

from vitrail.explanation import Explanation
from vitrail.plot.board import leaderboard_html
from vitrail.plot.cell import Look
from vitrail.plot.dataset import data_html
from vitrail.plot.folds import whole_evaluation_html
from vitrail.plot.graded import ends, graded, graded_html
from vitrail.plot.range_test import range_test_html
from vitrail.plot.score import drawable, score_html, unusual_first
from vitrail.plot.signature import flow_section, signature_html
from vitrail.plot.training import training_html
from vitrail.plot.trials import tuning_html

HEADS = {
    "signature": "Paths through the network",
    "flow": "Paths through the network",
    "score": "How usual each example is",
    "leaderboard": "Which methods explain these examples best",
    "evaluation": "How well the network does",
    "training": "How the network learnt",
    "data": "What the data hold",
    "range-test": "How high the learning rate can be",
    "tuning": "Which settings are the best",
}  #: kind -> heading
#: kind -> what stands under it, for those about many examples at once
WHOLE: dict[str, Callable[[Explanation], str]] = {
    "signature": signature_html,
    "flow": flow_section,
    "leaderboard": leaderboard_html,
    "evaluation": whole_evaluation_html,
    "training": training_html,
    "data": data_html,
    "range-test": range_test_html,
    "tuning": tuning_html,
}
JUDGED = "How well each example is explained"  #: heading of the scores of a metric


def is_whole(answer: Explanation) -> bool:
    """Whether an answer is shown as a whole: those of `WHOLE`, p-values and scores of examples."""
    return answer.kind in WHOLE or (answer.kind == "score" and (graded(answer) or drawable(answer)))


def head_of(answer: Explanation) -> str:
    """The heading of an answer that is shown as a whole."""
    return JUDGED if answer.kind == "score" and graded(answer) else HEADS[answer.kind]


def whole_html(answer: Explanation, rows: Sequence[int], look: Look) -> str:
    """What stands under the heading; `rows` are the examples that are shown one by one, where the kind does so."""
    if answer.kind == "score":
        return graded_html(answer, rows, look) if graded(answer) else score_html(answer, rows, look)
    return WHOLE[answer.kind](answer)


def rows_shown(answer: Explanation, most: int) -> tuple[list[int], str]:
    """The examples that a page shows one by one, at most `most`, and a sentence where some are left out."""
    if answer.kind != "score":
        return [], ""
    if graded(answer):
        return ends(answer, most)
    values = answer.arrays["values"]
    left = len(values) > most
    return unusual_first(values, most), f"The {most} most unusual of {len(values)} examples are shown." if left else ""
