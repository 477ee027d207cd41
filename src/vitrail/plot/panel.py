"""One part of one example on matplotlib axes: pixels, bars, coloured tokens, lines and strips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vitrail.explanation import Array
from vitrail.plot.caption import pieces, readable
from vitrail.plot.colour import CLIP, colormap, colours, hexes, ink, reach, solid
from vitrail.plot.part import Part, named
from vitrail.plot.picture import overlay, tiny

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = 12  #: bars drawn at most; the others are summed in one more
LINE = 66  #: characters of text in a line
WITHIN = 0.5  #: the gap between the tokens of a word, in characters; their boxes touch
EDGE = "#767676"


@dataclass(frozen=True)
class Panel:
    """A place in a row: its size in inches, and how to draw one example there."""

    width: float
    height: float
    draw: "Callable[[Axes, int], None]"


def pixel_panels(part: Part, *, clip: float = CLIP, opacity: float | None = None) -> list[Panel]:
    """The original, when there is one, and the heat map over it."""
    width, height = size_of(part)

    def heat(axes: "Axes", example: int) -> None:
        values, picture = part.values[example], None if part.picture is None else part.picture[example]
        draw_pixels(axes, overlay(values, picture, part.palette, clip=clip, opacity=opacity))
        add_bar(axes, reach(values, clip), part.palette)
        axes.set_xlabel(part.name, parse_math=False)

    return [*side_panel(part), Panel(width + 0.8, height, heat)]


def size_of(part: Part) -> tuple[float, float]:
    """The width and height of a picture in inches."""
    ratio = part.values.shape[2] / part.values.shape[1]
    return (2.4 * min(ratio, 3.0), 2.4) if ratio >= 1 else (2.4, 2.4 / max(ratio, 1 / 3))


def side_panel(part: Part) -> list[Panel]:
    """The original beside its heat map, when there is one."""
    pictures = part.picture
    if pictures is None:
        return []
    width, height = size_of(part)
    return [Panel(width + 0.2, height, lambda axes, example: draw_pixels(axes, pictures[example]))]


def draw_pixels(axes: "Axes", pixels: Array) -> None:
    """Bytes as they are: tiny pictures stay crisp."""
    shown = np.repeat(pixels, 3, -1) if pixels.shape[-1] == 1 else pixels
    axes.imshow(shown, interpolation="nearest" if tiny(pixels) else "antialiased")
    bare(axes)


def bare(axes: "Axes") -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def add_bar(axes: "Axes", full: float, palette: str) -> None:
    """The scale beside a heat map: what full colour is worth."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    low = -full if palette == "signed" else 0.0
    ticks = [low, 0.0, full] if low else [0.0, full]
    scale = ScalarMappable(Normalize(low, full), colormap(palette))
    bar = axes.figure.colorbar(scale, ax=axes, ticks=ticks, fraction=0.05, pad=0.03)
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in ticks], fontsize=7)
    bar.outline.set_visible(False)


def bar_panels(part: Part, *, clip: float = CLIP) -> list[Panel]:
    """Horizontal bars, the largest on top."""
    shown = min(part.values.shape[1], BARS + 1)

    def draw(axes: "Axes", example: int) -> None:
        names, values = largest(part.values[example], named(part.names, part.values.shape[1]))
        draw_bars(axes, names, values, part.palette)
        axes.set_xlabel(part.name, parse_math=False)

    return [Panel(5.0, 0.26 * shown + 0.9, draw)]


def largest(values: Array, names: Sequence[str], most: int = BARS) -> tuple[list[str], Array]:
    """The largest sizes first; what is beyond `most` becomes one sum, so that the bars still add up."""
    order = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")
    most = most if len(order) > most + 1 else len(order)  # one bar for a single rest would hide its name for nothing
    kept, rest = order[:most], order[most:]
    shown = [names[i] for i in kept]
    if not len(rest):
        return shown, values[kept]
    return [*shown, f"{len(rest)} others together"], np.append(values[kept], values[rest].sum())


def draw_bars(axes: "Axes", names: Sequence[str], values: Array, palette: str) -> None:
    finite = np.nan_to_num(values)
    axes.barh(range(len(values)), finite, color=[solid(value, palette) for value in finite], height=0.7)
    axes.set_yticks(range(len(values)), names, parse_math=False)
    axes.invert_yaxis()
    axes.axvline(0, color=EDGE, linewidth=0.8)
    axes.tick_params(labelsize=8, left=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def token_panels(part: Part, *, clip: float = CLIP) -> list[Panel]:
    """The text with its tokens coloured."""
    texts = [tokens_of(part, example) for example in range(len(part.values))]
    lines = max(place(text)[-1][1] + 1 if text else 1 for text in texts)

    def draw(axes: "Axes", example: int) -> None:
        values = part.values[example][: len(texts[example])]
        draw_tokens(axes, texts[example], values, lines, reach(values, clip), part.palette)
        axes.set_xlabel(part.name, parse_math=False)

    return [Panel(6.4, 0.3 * lines + 0.5, draw)]


def tokens_of(part: Part, example: int) -> list[str]:
    """The tokens of one example without the padding; "token 0", ... when they have no names."""
    named_here = part.names[example] if example < len(part.names) else None
    count = part.values.shape[1]
    return named((), count, "token") if named_here is None else [readable(token) for token in named_here][:count]


def place(tokens: Sequence[str]) -> list[tuple[float, int]]:
    """The column and the line at which each token starts; the tokens of a word touch."""
    places, column, line = [], 0.0, 0
    for text, goes_on in pieces(tokens):
        column -= (1 - WITHIN) * goes_on
        if column and column + len(text) > LINE:
            column, line = 0.0, line + 1
        places.append((column, line))
        column += len(text) + 1
    return places


def draw_tokens(axes: "Axes", tokens: Sequence[str], values: Array, lines: int, full: float, palette: str) -> None:
    axes.set(xlim=(0, LINE), ylim=(lines - 0.4, -0.6))
    bare(axes)
    shown = [text for text, _ in pieces(tokens)]
    for token, (column, line), colour in zip(shown, place(tokens), hexes(values, full, palette), strict=True):
        box: dict[str, Any] = {"facecolor": colour, "edgecolor": "none", "boxstyle": "square,pad=0.2"}
        style: dict[str, Any] = {"family": "monospace", "fontsize": 10.5, "va": "center", "parse_math": False}
        axes.text(column, line, token, color=ink(colour), bbox=box, **style)


def series_panels(part: Part, *, clip: float = CLIP) -> list[Panel]:
    """One row of steps as a line, several as a strip of colours."""
    rows = part.values.shape[1]

    def draw(axes: "Axes", example: int) -> None:
        values = part.values[example]
        if rows == 1:
            draw_line(axes, values[0], part.palette)
        else:
            draw_strip(axes, values, named(part.names, rows), reach(values, clip), part.palette)
        axes.set_xlabel(f"{part.name}: step" if part.name else "step", parse_math=False)

    return [Panel(6.4, 1.7 if rows == 1 else min(0.24 * rows, 4.0) + 1.0, draw)]


def draw_line(axes: "Axes", values: Array, palette: str) -> None:
    steps = np.arange(len(values))
    axes.fill_between(steps, np.maximum(values, 0), step="mid", color=solid(1, palette), linewidth=0)
    axes.fill_between(steps, np.minimum(values, 0), step="mid", color=solid(-1, palette), linewidth=0)
    axes.axhline(0, color=EDGE, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def draw_strip(axes: "Axes", values: Array, names: Sequence[str], full: float, palette: str) -> None:
    axes.imshow(colours(values, full, palette), interpolation="nearest", aspect="auto")
    if len(names) <= 20:
        axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.tick_params(labelsize=8, left=False)
    axes.spines[:].set_visible(False)
    add_bar(axes, full, palette)
