"""The static page of one answer: a notebook displays it, `str()` of it is HTML, `save` writes it."""

import os
from dataclasses import dataclass
from pathlib import Path

from vitrail.errors import BadSetting
from vitrail.explanation import Explanation, write_whole
from vitrail.plot.cell import Look
from vitrail.plot.colour import CLIP
from vitrail.plot.document import document
from vitrail.plot.grid import grid, side_for
from vitrail.plot.inline import charts
from vitrail.plot.measures import measures
from vitrail.plot.players import FEW
from vitrail.plot.shares import shares_of
from vitrail.plot.sheet import MOST
from vitrail.plot.whole import head_of, is_whole, rows_shown, whole_html


@dataclass(frozen=True)
class Page:
    """HTML that needs nothing else: styles and pictures are inside it.

    str(page)      the whole page
    page.save()    write it to a file; raises AlreadyExists when the file is there and `overwrite` is false
    """

    html: str

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Page of {len(self.html) // 1024 + 1} KiB; str() of it is HTML, save(path) writes it>"

    def _repr_html_(self) -> str:
        return self.html

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        return write_whole(path, self.html.encode(), overwrite=overwrite)


def make_page(
    answer: Explanation,
    *,
    title: str = "",
    style: str = "auto",
    clip: float = CLIP,
    opacity: float | None = None,
    most: int = MOST,
) -> Page:
    """One answer as a page: a row for each example, what was measured, how it was made.

    Signatures and flows are about thousands of examples: their page shows the flow, the paths, the clusters and the
    layers instead. That of a leaderboard shows its verdicts, its table, its panels and its curves. Of p-values the
    most unusual examples are shown when there are more than `most`, of the scores of a metric the best and the worst.

    Settings    title     over the page; the method's name when empty
                style     of a picture of all examples over the rows, for tables: "bar", "beeswarm" ...; "auto" for a
                          beeswarm of the players of a table, when there are more than a few examples
                clip      percentile of the absolute values that gets full colour, above 0 and up to 100
                opacity   of the colours over the grey picture, 0 to 1; None picks what suits the palette
                most      examples shown at most; the page says so when some are left out
    Raises      BadSetting for a style that does not suit, and for a setting out of its range
    """
    if most < 1:
        raise BadSetting(f"most must be at least 1, got {most}. It is how many examples are shown.", most=most)
    name = title or answer.method or answer.kind
    if is_whole(answer):
        kept, lead = rows_shown(answer, most)
        look = Look(clip, opacity, side_for(2 * len(kept)))
        head = f"<h2>{head_of(answer)}</h2>{charts(answer, styles_of(answer, style))}"
        section = f"<section>{head}{whole_html(answer, kept, look)}</section>"
        return Page(document(name, lead, [section], [answer], look))
    rows = range(min(len(answer), most))
    look = Look(clip, opacity, side_for(2 * len(rows)))
    lead = f"{len(rows)} of {len(answer)} examples are shown." if len(rows) < len(answer) else ""
    shown = charts(answer, styles_of(answer, style))
    section = f"<section>{shown}{grid([answer], rows, look)}{measures([answer], rows)}</section>"
    return Page(document(name, lead, [section], [answer], look))


def styles_of(answer: Explanation, style: str) -> tuple[str, ...]:
    """The styles of pictures over the rows: what was asked for, else a beeswarm where there are many examples."""
    if style != "auto":
        return (style,)
    many = answer.kind == "players" and len(answer) > FEW and shares_of(answer) is not None
    return ("beeswarm",) if many else ()
