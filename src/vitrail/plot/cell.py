"""One part of one example as HTML: an inline picture, coloured tokens, bars, or a strip of steps."""

from dataclasses import dataclass
from html import escape

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot import attention, interaction
from vitrail.plot.activation import by_unit, strongest, unit_axis
from vitrail.plot.caption import pieces, readable, signed
from vitrail.plot.colour import CLIP, colours, hexes, ink, palette_of, reach, solid
from vitrail.plot.panel import largest, tokens_of
from vitrail.plot.part import Part, named, parts
from vitrail.plot.picture import data_uri, overlay, tiny
from vitrail.plot.players import from_base, regions
from vitrail.plot.regions import laid_of, parts_of
from vitrail.plot.shares import NAME, TOP, Shares, cut, number, shares_of
from vitrail.plot.table import COLUMNS, facts
from vitrail.plot.waterfall import last_row, own, share_text, steps

MOSAIC = 9  #: channels of a layer that are shown side by side


@dataclass(frozen=True)
class Look:
    """How cells are drawn: the percentile of full colour, the opacity, and the pixels a picture may have a side."""

    clip: float = CLIP
    opacity: float | None = None
    side: int = 480


def cells(answer: Explanation, example: int, alt: str, look: Look) -> str:
    """Everything one method says about one example; an answer that no form fits is a table of arrays."""
    if answer.kind == "activation":
        return layer_cell(answer, example, alt, look)
    if answer.kind == "attention" and attention.drawable(answer):
        return attention_cell(answer, example, alt, look)
    if answer.kind == "players":
        return players_cell(answer, example, alt, look)
    if answer.kind == "interaction" and interaction.drawable(answer):
        return pairs_cell(answer, example, look)
    found = parts(answer) if answer.kind in ("attribution", "map") else []
    if not found or any(part.form == "other" for part in found):
        return arrays_cell(answer)
    drawn = [cell(part, example, alt, look) for part in found]
    names = [f'<p class="input">{escape(part.name)}</p>' if part.name else "" for part in found]
    return "".join(name + html for name, html in zip(names, drawn, strict=True))


def cell(part: Part, example: int, alt: str, look: Look) -> str:
    values = part.values[example]
    told = f"{alt}, {part.name}" if part.name else alt
    if part.form == "picture":
        picture = None if part.picture is None else part.picture[example]
        return image(overlay(values, picture, part.palette, clip=look.clip, opacity=look.opacity), told, look.side)
    if part.form == "token":
        return tokens(tokens_of(part, example), values, part.palette, look.clip)
    if part.form == "series":
        return strip(values, named(part.names, len(values), "row"), part.palette, told, look.clip)
    return bars(*largest(values, named(part.names, len(values))), part.palette)


def image(pixels: Array, alt: str, side: int, extra: str = "") -> str:
    """An inline PNG that says what it shows; tiny pictures are drawn pixel by pixel."""
    height, width = pixels.shape[:2]
    crisp = " crisp" if tiny(pixels) else ""
    source = data_uri(pixels, side=side)
    return f'<img class="map{crisp}{extra}" src="{source}" alt="{escape(alt)}" width="{width}" height="{height}">'


def tokens(texts: list[str], values: Array, palette: str, clip: float) -> str:
    """The text, each token on its colour with its value as title and for screen readers; those of a word touch."""
    shown, words = values[: len(texts)], pieces([readable(text) for text in texts])
    backgrounds = hexes(shown, reach(shown, clip), palette)
    spans = [
        f'{"" if goes_on else " "}<span class="token" style="background:{colour};color:{ink(colour)}" '
        f'title="{signed(value)}">{escape(text)}<span class="unseen"> ({signed(value)})</span></span>'
        for (text, goes_on), value, colour in zip(words, shown, backgrounds, strict=True)
    ]
    return f'<p class="tokens">{"".join(spans).lstrip()}</p>'


def bars(names: list[str], values: Array, palette: str) -> str:
    """A row for each name: the bar, from the middle when there are signs, and the number."""
    full = float(np.abs(np.nan_to_num(values)).max(initial=0.0)) or 1.0
    rows = [
        f'<tr><th scope="row">{escape(name)}</th><td>{bar(float(np.nan_to_num(value)) / full, palette)}</td>'
        f'<td class="number">{signed(value)}</td></tr>'
        for name, value in zip(names, values, strict=True)
    ]
    return f'<table class="bars"><tbody>{"".join(rows)}</tbody></table>'


def bar(share: float, palette: str) -> str:
    """A bar that is `share` of the longest one."""
    colour = solid(share, palette)
    width = abs(share) * (50 if palette == "signed" else 100)
    left = (50 if share >= 0 else 50 - width) if palette == "signed" else 0
    kind = "track signed" if palette == "signed" else "track"
    return f'<div class="{kind}"><i style="left:{left:.1f}%;width:{width:.1f}%;background:{colour}"></i></div>'


def strip(values: Array, names: list[str], palette: str, alt: str, clip: float) -> str:
    """Steps from left to right, a row for each series."""
    rows, steps = values.shape
    picture = data_uri(colours(values, reach(values, clip), palette), side=2048)
    told = f"{alt}: {rows} by {steps} steps"
    height = max(28, min(rows * 14, 320))
    side = "".join(f"<span>{escape(name)}</span>" for name in names) if 1 < rows <= 20 else ""
    drawn = f'<img class="steps crisp" src="{picture}" alt="{escape(told)}" style="height:{height}px">'
    return f'<div class="strip"><div class="rows">{side}</div>{drawn}</div><p class="scale">step 0 to {steps - 1}</p>'


def layer_cell(answer: Explanation, example: int, alt: str, look: Look) -> str:
    """The strongest channels side by side, or the strongest units as bars."""
    units = by_unit(answer)
    if units is None or units.ndim not in (2, 3, 4):
        return arrays_cell(answer)
    axis, palette = unit_axis(answer), palette_of(units, on="picture" if units.ndim > 2 else "text")
    kept = strongest(units, MOSAIC if units.ndim == 4 else 20)
    if units.ndim == 2:
        return bars(*largest(units[example], named((), units.shape[1], axis)), palette)
    names = [f"{axis} {i}" for i in kept]
    if units.ndim == 3:
        return strip(units[example][kept], names, palette, alt, look.clip)
    maps = [(colours(m, reach(m, look.clip), palette), n) for m, n in zip(units[example][kept], names, strict=True)]
    drawn = [f"<figure>{image(m, f'{alt}, {n}', 160)}<figcaption>{n}</figcaption></figure>" for m, n in maps]
    return f'<div class="mosaic">{"".join(drawn)}</div>'


def attention_cell(answer: Explanation, example: int, alt: str, look: Look) -> str:
    """All layers, downwards, and heads, to the right, as one picture of small maps."""
    maps = attention.maps_of(answer, example)
    layers, heads = (attention.evenly(count, attention.EACH) for count in maps.shape[:2])
    told = f"{alt}: layers {layers[0]} to {layers[-1]} downwards, heads {heads[0]} to {heads[-1]} to the right"
    picture = image(attention.mosaic(maps[layers][:, heads], look.clip), told, 2 * look.side, " heads")
    return f'{picture}<p class="note">{escape(attention.note(maps, attention.EACH, attention.EACH))}</p>'


def players_cell(answer: Explanation, example: int, alt: str, look: Look) -> str:
    """The columns of a table adding up, or the values where the players lie, with the value where they begin."""
    shares, note = shares_of(answer), f'<p class="note">{escape(from_base(answer, example))}</p>'
    if shares is not None:
        return falls(own(shares, example, TOP)) if np.isfinite(shares.base).all() else flat(shares, example)
    laid = laid_of(answer)
    if laid is None or laid.part.form not in ("picture", "token", "series"):
        return arrays_cell(answer)
    if laid.part.form == "picture":
        return image(regions(laid, example, look.clip, look.opacity), f"{alt}, by regions", look.side) + note
    return cell(laid.part, example, alt, look) + note


def flat(shares: Shares, example: int) -> str:
    """Bars of shares that begin nowhere."""
    names = [shares.told(i, example) for i in range(len(shares.names))]
    return bars(*largest(shares.values[example], names), "signed")


def falls(shares: Shares) -> str:
    """A row for each column of one example, each bar beginning where the one above it ends."""
    places = steps(shares.values[0], shares.base[0])
    low, span = places.min(), np.ptp(places) or 1.0
    rows = [fall("base value", "", number(shares.base[0]))]
    for i, value in enumerate(np.nan_to_num(shares.values[0])):
        left, width = (min(places[i], places[i + 1]) - low) / span, abs(value) / span
        track = f'<i style="left:{100 * left:.1f}%;width:{100 * width:.1f}%;background:{solid(value, "signed")}"></i>'
        rows.append(fall(shares.told(i, 0), track, share_text(value, shares.error[0, i])))
    word, end = last_row(shares)
    return f'<table class="bars falls"><tbody>{"".join(rows)}{fall(word, "", number(end))}</tbody></table>'


def fall(name: str, track: str, told: str) -> str:
    shown = f'<th scope="row">{escape(name)}</th><td><div class="track">{track}</div></td>'
    return f'<tr>{shown}<td class="number">{escape(told)}</td></tr>'


def pairs_cell(answer: Explanation, example: int, look: Look) -> str:
    """The matrix of pairs; columns go by the numbers of the rows, whose names have room."""
    matrix = np.asarray(answer.arrays["values"][example], np.float64)
    kept = interaction.strongest(matrix, interaction.TOP)
    names, matrix = interaction.names_of(answer, example), matrix[np.ix_(kept, kept)]
    shades = np.reshape(hexes(matrix.ravel(), reach(matrix, look.clip), "signed"), matrix.shape)
    head = "".join(f'<th scope="col">{i}</th>' for i in range(1, len(kept) + 1))
    rows = [
        f'<tr><th scope="row">{row + 1} {escape(cut(names[player], NAME))}</th>'
        + "".join(pair(value, shade) for value, shade in zip(matrix[row], shades[row], strict=True))
        for row, player in enumerate(kept)
    ]
    left = len(answer.arrays["values"][example]) - len(kept)
    note = f'<p class="note">{left} players with less are left out</p>' if left else ""
    whole = f'<thead><tr><th scope="col">with</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody>'
    return f'<table class="pairs">{whole}</table>{note}'


def pair(value: float, shade: str) -> str:
    return f'<td class="number" style="background:{shade};color:{ink(shade)}">{value:.2g}</td>'


def arrays_cell(answer: Explanation) -> str:
    """The arrays of an Explanation that no other view fits."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    rows = ["".join(f"<td>{escape(text)}</td>" for text in row[1:]) for row in facts(answer)]
    names = [f'<th scope="row">{escape(row[0])}</th>' for row in facts(answer)]
    body = "".join(f"<tr>{name}{row}</tr>" for name, row in zip(names, rows, strict=True))
    return f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def palettes(answer: Explanation) -> list[str]:
    """The palettes that `cells` uses for this answer."""
    if answer.kind == "activation":
        units = by_unit(answer)
        return [] if units is None else [palette_of(units, on="picture" if units.ndim > 2 else "text")]
    if answer.kind == "attention" and attention.drawable(answer):
        return [attention.PALETTE]
    if answer.kind == "interaction":
        return ["signed"] * interaction.drawable(answer)
    if answer.kind == "players" and shares_of(answer) is not None:
        return ["signed"]
    found = parts_of(answer) if answer.kind in ("attribution", "map", "players") else []
    return [part.palette for part in found if part.form in ("picture", "token", "series", "column")]
