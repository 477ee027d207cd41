"""A Figure inside a page: its pixels as a PNG that travels with the HTML."""

import base64
import io
from html import escape
from typing import TYPE_CHECKING

from vitrail.errors import BadSetting
from vitrail.explanation import Explanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 144  #: dots drawn per inch, half as many again as a page shows
STYLED = ("players", "attribution")  #: kinds that tables can have
SHOWN = 96  #: dots that a page shows per inch


def charts(answer: Explanation, styles: tuple[str, ...], name: str = "") -> str:
    """One picture of all examples for each style, beside each other where there is room."""
    said = name or answer.method or answer.kind
    drawn = [inline(styled(answer, style), f"{style} of {said}, {len(answer)} examples") for style in styles]
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else ""


def styled(answer: Explanation, style: str) -> "Figure":
    """The picture of an answer in one style, "auto" for the answer's own.

    Raises BadSetting for a style that does not suit.
    """
    if style != "auto" and answer.kind not in STYLED:
        raise BadSetting(
            f"style={style!r} is for the columns of a table; {answer.method} answered with a picture of kind "
            f"{answer.kind!r}. Leave style out.",
            style=style,
        )
    figure: Figure = answer.plot() if style == "auto" else answer.plot(style=style)
    return figure


def inline(figure: "Figure", alt: str) -> str:
    """An <img> that asks no other host; sharp on fine screens."""
    from PIL import Image

    held, small = io.BytesIO(), io.BytesIO()
    figure.savefig(held, format="png", dpi=DPI)
    with Image.open(held) as drawn:
        drawn.convert("RGB").quantize(128).save(small, format="PNG", optimize=True)
        width, height = (round(side * SHOWN / DPI) for side in drawn.size)
    source = f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"
    return f'<img class="chart" src="{source}" alt="{escape(alt)}" width="{width}" height="{height}">'
