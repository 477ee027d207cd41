"""Tables and numbers of a page that stand in no grid of examples by methods."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

RIGHT = (
    "examples share purity units dead saturated mean std min median max distinct missing deviation".split()
)  #: heads of numbers, which stand at the right
RIGHTS = ' class="number"'


def lined(name: str, heads: Sequence[str], rows: Iterable[str], counted: int | None = None) -> str:
    """A table that scrolls on its own where it is wider than the page; `rows` are finished HTML, without <tr>.

    counted   the column from which on all hold numbers, where their heads do not say so
    """
    sides = [RIGHTS if counted is not None and i >= counted else right(text) for i, text in enumerate(heads)]
    head = "".join(f'<th scope="col"{side}>{escape(text)}</th>' for text, side in zip(heads, sides, strict=True))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return scroll(name, f'<table class="plain lined"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def right(head: str) -> str:
    return RIGHTS if head in RIGHT or head.endswith("information") else ""


def numbers(texts: Iterable[str]) -> str:
    """Cells of numbers."""
    return "".join(f'<td class="number">{text}</td>' for text in texts)


def scroll(name: str, html: str) -> str:
    """What may be wider than the page; readable by keyboard."""
    return f'<div class="scroll" role="region" aria-label="{escape(name)}" tabindex="0">{html}</div>'


def note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def facts(told: Mapping[str, str]) -> str:
    """Numbers to begin with, each under its name; those without a text are left out."""
    pairs = [f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in told.items() if text]
    return f'<dl class="facts">{"".join(pairs)}</dl>'
