"""The examples that a network said worst, one by one: the surest mistakes, or the largest residuals."""

from html import escape

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.caption import percent
from vitrail.plot.cell import image
from vitrail.plot.lined import lined
from vitrail.plot.part import named
from vitrail.plot.shares import NAME, cut, number

SHOWN = 12  #: examples
COLUMNS = 6  #: columns of a table that are told of each
LETTERS = 160  #: of a text


def mistakes_html(answer: Explanation) -> str:
    """A heading and the examples, as far as the answer holds them; a sentence where nothing is wrong."""
    places = np.asarray(answer.arrays.get("worst", ()), np.int64)
    regression = answer.checks["task"] == "regression"
    if "worst" not in answer.arrays:
        return ""
    if not len(places):
        return "<h3>Mistakes</h3><p>There is not one.</p>"
    head = "<h3>The largest residuals</h3>" if regression else "<h3>The surest mistakes</h3>"
    if "worst_picture" in answer.arrays:
        return head + gallery(answer, places)
    rows = [row_html(answer, rank, int(place)) for rank, place in enumerate(places[:SHOWN])]
    far = "true − predicted" if regression else "probability"
    return head + lined("Examples", ["row", "example", "true", "said", far], rows, 4)


def gallery(answer: Explanation, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    """Pictures, each over what was said of it."""
    pictures = answer.arrays["worst_picture"]
    drawn = []
    for rank, place in enumerate(places[: 2 * SHOWN].tolist()):
        true, said, more = (escape(text) for text in words(answer, place))
        alt = f"example {row_of(answer, place)}: true {true}, said {said}"
        caption = f"<figcaption><b>{said}</b> {more}<br>true: {true}</figcaption>"
        drawn.append(f"<figure>{image(pictures[rank], alt, 160, ' worst')}{caption}</figure>")
    return f'<div class="gallery">{"".join(drawn)}</div>'


def row_html(answer: Explanation, rank: int, place: int) -> str:
    true, said, more = words(answer, place)
    return (
        f'<th scope="row">{row_of(answer, place)}</th><td>{told(answer, rank)}</td>'
        f'<td>{escape(true)}</td><td>{escape(said)}</td><td class="number">{escape(more)}</td>'
    )


def row_of(answer: Explanation, place: int) -> int:
    """Its number in the data, where that is known."""
    return int(answer.arrays["row"][place]) if "row" in answer.arrays else place


def words(answer: Explanation, place: int) -> tuple[str, str, str]:
    """What is true, what was said, and how sure, or how far from the truth."""
    if answer.checks["task"] == "regression":
        columns = (answer.arrays[name][place] for name in ("truth", "predicted", "values"))
        true, said, left = (", ".join(f"{value:.4g}" for value in column) for column in columns)
        return true, said, left
    truth, said = answer.arrays["truth"][place], answer.arrays["predicted"][place]
    if answer.checks["task"] == "multilabel":
        return labels(answer, truth), labels(answer, said), ""
    sure = float(np.asarray(answer.outputs)[place, int(said)])
    return str(answer.labels["class"][int(truth)]), str(answer.labels["class"][int(said)]), percent(sure, 1)


def labels(answer: Explanation, held: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return ", ".join(str(answer.labels["class"][j]) for j in np.flatnonzero(held)) or "none"


def told(answer: Explanation, rank: int) -> str:
    """The words of a text, or the first columns of a table."""
    texts, values = answer.labels.get("worst_text") or (), answer.arrays.get("worst_value")
    if rank < len(texts):
        return escape(cut(str(texts[rank]), LETTERS))
    if values is None:
        return ""
    names = named(answer.labels.get("column") or (), values.shape[1])
    shown = range(min(values.shape[1], COLUMNS))
    pairs = [f"{cut(names[i], NAME)} = {category(answer, names[i], float(values[rank, i]))}" for i in shown]
    return escape(", ".join(pairs) + ("…" if values.shape[1] > COLUMNS else ""))


def category(answer: Explanation, column: str, value: float) -> str:
    """A number, or the name behind the number of a category."""
    known = (answer.labels.get("category") or {}).get(column)
    return str(known[int(value)]) if known and np.isfinite(value) and int(value) < len(known) else number(value)
