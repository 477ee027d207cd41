"""One example in a row of a page about scores: its picture, or its first words or columns, and what was said of it."""

from html import escape

from vitrail.explanation import Explanation
from vitrail.plot.caption import predicted, readable
from vitrail.plot.cell import Look, image
from vitrail.plot.part import named, picture_of
from vitrail.plot.shares import NAME, cut, number
from vitrail.plot.streams import class_name

COLUMNS = 6  #: columns of a table that are told of an example


def subject_html(answer: Explanation, example: int, look: Look) -> str:
    """Number, prediction, and the example itself."""
    seen = thumbnail(answer, example, look)
    return (
        f'<div class="subject">{seen}<div class="words">'
        f'<span class="number">{example}</span><span class="said">predicted <b>{escape(said(answer, example))}</b>'
        f"</span>{'' if seen else describe(answer, example)}</div></div>"
    )


def said(answer: Explanation, example: int) -> str:
    """What the network called an example."""
    found = answer.arrays.get("predicted")
    return predicted(answer, example) if found is None else class_name(answer, int(found[example]))


def thumbnail(answer: Explanation, example: int, look: Look) -> str:
    """The example as a picture, where it is one."""
    seen = picture_of(answer, "", answer.arrays["values"])
    if seen is None:
        return ""
    return f"<div>{image(seen[example], f'example {example}, predicted {said(answer, example)}', look.side)}</div>"


def describe(answer: Explanation, example: int) -> str:
    """The words of a text, or the first columns of a table."""
    tokens, seen = answer.labels.get("token") or (), answer.arrays.get("input")
    if example < len(tokens):
        text = "".join(readable(token) for token in tokens[example])
        return f'<span class="asked">{escape(cut(text, 80))}</span>'
    if seen is None or seen.ndim != 2:
        return ""
    names = named(answer.labels.get("feature") or (), seen.shape[1])
    told = [f"{cut(names[i], NAME)} = {number(seen[example, i])}" for i in range(min(seen.shape[1], COLUMNS))]
    more = ["…"] if seen.shape[1] > COLUMNS else []
    return "".join(f'<span class="asked">{escape(line)}</span>' for line in [*told, *more])
