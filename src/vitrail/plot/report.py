"""The report: many answers on one HTML page that can be mailed, archived and printed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from vitrail.errors import AlreadyExists, BadSetting
from vitrail.explanation import Explanation, write_whole
from vitrail.plot.cell import Look
from vitrail.plot.colour import CLIP
from vitrail.plot.document import document, paragraphs
from vitrail.plot.grid import grid, refuse_strangers, side_for
from vitrail.plot.inline import charts
from vitrail.plot.measures import measures
from vitrail.plot.whole import is_whole, whole_html

CONTENTS = 3  #: sections from which on the page begins with a list of them


@dataclass(frozen=True)
class Section:
    """A part of a report.

    title     its heading
    text      plain text under it; an empty line parts paragraphs
    answers   what methods said about the same examples: one column for each; may be empty
    rows      which examples are shown, in this order; None shows all. Signatures, flows and leaderboards stand as
              a whole
    styles    pictures of all examples over the rows, for answers about tables: "bar", "beeswarm", "dependence" ...
    """

    title: str
    text: str = ""
    answers: Sequence[Explanation] = ()
    rows: Sequence[int] | None = None
    styles: Sequence[str] = ()


def report(
    path: str | os.PathLike[str],
    sections: Sequence[Section],
    *,
    title: str,
    lead: str = "",
    overwrite: bool = False,
    clip: float = CLIP,
    opacity: float | None = None,
) -> Path:
    """Write one self-contained HTML file and give its path back.

    It holds its styles and pictures, asks no other host for anything, runs no script, follows the reader's light or
    dark mode, fits a phone, and prints. A section with answers is a grid: a row for each example, a column for each
    method; under it what was measured.

    Settings    title     of the page, plain text
                lead      plain text under the title; an empty line parts paragraphs
                clip      percentile of the absolute values that gets full colour, above 0 and up to 100
                opacity   of the colours over the grey picture, 0 to 1; None picks what suits the palette
    Raises      AlreadyExists when the file is there and `overwrite` is false; BadInput when the answers of one
                section are about different examples; BadSetting for rows that do not exist, or clip and opacity
                out of range
    """
    if Path(path).exists() and not overwrite:
        raise AlreadyExists(path)  # before the pictures are drawn; write_whole looks again when it writes
    drawn = [section_html(section, place, clip, opacity) for place, section in enumerate(sections, 1)]
    answers = [answer for section in sections for answer in section.answers]
    whole = document(title, lead, drawn, answers, Look(clip, opacity), contents(sections))
    return write_whole(path, whole.encode(), overwrite=overwrite)


def section_html(section: Section, place: int, clip: float, opacity: float | None) -> str:
    head = f'<section id="section-{place}"><h2>{escape(section.title)}</h2>{paragraphs(section.text)}'
    if not section.answers:
        return f"{head}</section>"
    shown = "".join(charts(answer, tuple(section.styles)) for answer in section.answers)
    whole = [answer for answer in section.answers if is_whole(answer)]
    beside = [answer for answer in section.answers if not is_whole(answer)]
    told = "".join(whole_of(section, answer, clip, opacity) for answer in whole)
    if not beside:
        return f"{head}{shown}{told}</section>"
    refuse_strangers(section.title, beside)
    rows = rows_of(section, len(beside[0]))
    look = Look(clip, opacity, side_for(len(rows) * (len(beside) + 1)))
    return f"{head}{shown}{told}{grid(beside, rows, look)}{measures(beside, rows)}</section>"


def whole_of(section: Section, answer: Explanation, clip: float, opacity: float | None) -> str:
    """An answer that has no row for each example beside other methods: signatures, flows, leaderboards, scores."""
    rows = rows_of(section, len(answer)) if answer.kind == "score" else []
    return whole_html(answer, rows, Look(clip, opacity, side_for(2 * len(rows))))


def rows_of(section: Section, count: int) -> list[int]:
    """The examples that are shown, all of them unless the section names some."""
    rows = list(range(count)) if section.rows is None else list(section.rows)
    unknown = [row for row in rows if not 0 <= row < count]
    if unknown:
        raise BadSetting(
            f"section {section.title!r} asks for example {unknown[0]}. Its answers hold {count}, "
            f"numbered from 0 to {count - 1}. Name rows among them, or none to show all.",
            rows=rows,
        )
    return rows


def contents(sections: Sequence[Section]) -> str:
    """Links to the sections, when there are several."""
    if len(sections) < CONTENTS:
        return ""
    links = [f'<li><a href="#section-{i}">{escape(s.title)}</a></li>' for i, s in enumerate(sections, 1)]
    return f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'
