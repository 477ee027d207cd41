"""Many answers about the same examples: one row for each example, one column for each method."""

from collections import Counter
from collections.abc import Sequence
from html import escape

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Explanation
from vitrail.plot.caption import asked, gap_text, predicted
from vitrail.plot.cell import Look, cells, image
from vitrail.plot.regions import parts_of

PIXELS = 2.4e6  #: pixels that the pictures of one grid share, so that a page stays small


def side_for(count: int) -> int:
    """The pixels a side that each of `count` pictures may have."""
    return int(np.clip((PIXELS / max(count, 1)) ** 0.5, 96, 480))


def grid(answers: Sequence[Explanation], rows: Sequence[int], look: Look) -> str:
    """The table of an HTML page; `rows` are the examples, in the order in which they stand."""
    headers = "".join(f'<th scope="col">{escape(name)}</th>' for name in names_of(answers))
    body = "".join(row(answers, example, look) for example in rows)
    width = "wide" if len(answers) <= 2 else "middle" if len(answers) <= 4 else "narrow"
    return (
        f'<div class="scroll" role="region" aria-label="Examples by method" tabindex="0"><table class="grid {width}">'
        f'<thead><tr><th scope="col">Example</th>{headers}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def row(answers: Sequence[Explanation], example: int, look: Look) -> str:
    alike = len({asked(answer, example) for answer in answers}) == 1
    columns = []
    for answer, name in zip(answers, names_of(answers), strict=True):
        alt = f"{name} for example {example}, {about(answer, example)}"
        note = f"asked about {asked(answer, example)}" if asked(answer, example) and not alike else ""
        notes = [note, f"gap {gap_text(answer, example)}" if gap_text(answer, example) else ""]
        under = "".join(f'<p class="note">{escape(text)}</p>' for text in notes if text)
        columns.append(f"<td>{cells(answer, example, alt, look)}{under}</td>")
    return f'<tr><th scope="row">{subject(answers, example, look, alike)}</th>{"".join(columns)}</tr>'


def about(answer: Explanation, example: int) -> str:
    said = predicted(answer, example)
    return f"predicted {said}" if said else "no prediction known"


def subject(answers: Sequence[Explanation], example: int, look: Look, alike: bool) -> str:
    """The example itself: its picture, what the network said, what was asked."""
    said, question = predicted(answers[0], example), asked(answers[0], example) if alike else ""
    lines = [
        f'<span class="number">{example}</span>',
        f'<span class="said">predicted <b>{escape(said)}</b></span>' if said else "",
        f'<span class="asked">asked about <b>{escape(question)}</b></span>' if question else "",
    ]
    pictures = original(answers, example, look)
    shown = f"<div>{pictures}</div>" if pictures else ""
    return f'<div class="subject">{shown}<div class="words">{"".join(lines)}</div></div>'


def original(answers: Sequence[Explanation], example: int, look: Look) -> str:
    """The pictures that the network saw, out of the first answer that holds them."""
    for answer in answers:
        seen = [part for part in parts_of(answer) if part.picture is not None]
        if seen:
            words = f"example {example}, {about(answer, example)}"
            told = [f"{words}, {part.name}" if part.name else words for part in seen]
            pictures = [part.picture[example] for part in seen if part.picture is not None]
            return "".join(image(p, t, look.side) for p, t in zip(pictures, told, strict=True))
    return ""


def names_of(answers: Sequence[Explanation]) -> list[str]:
    """The method of each answer; where two are alike, with the settings in which they differ."""
    count = Counter(answer.method for answer in answers)
    return [
        " ".join([answer.method or "unnamed method", *(differing(answer, answers) if count[answer.method] > 1 else [])])
        for answer in answers
    ]


def differing(answer: Explanation, answers: Sequence[Explanation]) -> list[str]:
    own = dict(answer.provenance.get("settings") or {})
    others = [dict(a.provenance.get("settings") or {}) for a in answers if a.method == answer.method]
    return [f"{key}={value}" for key, value in own.items() if any(other.get(key) != value for other in others)]


def refuse_strangers(title: str, answers: Sequence[Explanation]) -> None:
    """Raise BadInput when the answers are not about the same examples: side by side they would mislead."""
    for answer in answers[1:]:
        if len(answer) != len(answers[0]) or not same_input(answer, answers[0]):
            raise BadInput(
                f"section {title!r} holds answers about different examples ({answers[0].method}: {len(answers[0])}, "
                f"{answer.method}: {len(answer)}). All answers of a section stand in one row for each example. "
                "Put answers about other examples into a section of their own."
            )


def same_input(one: Explanation, other: Explanation) -> bool:
    """Whether the arrays that both hold as input agree; those that only one holds cannot disagree."""
    shared = [n for n in one.arrays if n.partition("/")[0] in ("input", "picture") and n in other.arrays]
    return all(np.array_equal(np.nan_to_num(one.arrays[n]), np.nan_to_num(other.arrays[n])) for n in shared)
