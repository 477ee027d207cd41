"""Answers that a page shows as a whole, not as a row for each example beside other methods."""

from collections.abc import Sequence

from vitrail.explanation import Explanation
from vitrail.plot.board import leaderboard_html
from vitrail.plot.cell import Look
from vitrail.plot.score import drawable, score_html, unusual_first
from vitrail.plot.signature import flow_section, signature_html

HEADS = {
    "signature": "Paths through the network",
    "flow": "Paths through the network",
    "score": "How usual each example is",
    "leaderboard": "Which methods explain these examples best",
}  #: kind -> heading


def is_whole(answer: Explanation) -> bool:
    """Whether an answer is shown as a whole: signatures, flows, leaderboards, p-values of examples."""
    return answer.kind in ("signature", "flow", "leaderboard") or (answer.kind == "score" and drawable(answer))


def whole_html(answer: Explanation, rows: Sequence[int], look: Look) -> str:
    """What stands under the heading; `rows` are the examples that are shown one by one, where the kind does so."""
    if answer.kind == "score":
        return score_html(answer, rows, look)
    if answer.kind == "leaderboard":
        return leaderboard_html(answer)
    return signature_html(answer) if answer.kind == "signature" else flow_section(answer)


def rows_shown(answer: Explanation, most: int) -> tuple[list[int], str]:
    """The examples that a page shows one by one, at most `most`, and a sentence where some are left out."""
    if answer.kind != "score":
        return [], ""
    values = answer.arrays["values"]
    left = len(values) > most
    return unusual_first(values, most), f"The {most} most unusual of {len(values)} examples are shown." if left else ""
