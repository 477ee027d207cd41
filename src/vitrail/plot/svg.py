"""A flow as SVG written by hand: text takes the colour of the page around it, and every count is a tooltip."""

from html import escape

from vitrail.explanation import Explanation
from vitrail.plot.drawing import (
    NAME,
    NEUTRAL,
    NODE,
    OPACITY,
    Drawing,
    about_link,
    about_node,
    drawing_of,
    groups,
    label_place,
    many,
    middle_cut,
    summary,
)
from vitrail.plot.streams import Streams, streams_of


def flow_svg(answer: Explanation, streams: Streams | None = None) -> str:
    """The picture as SVG, which asks no other host for anything; text takes the colour of the page around it.

    Settings    streams   what `streams_of` says of the answer, where that was asked already
    Raises      BadInput when there is not one example
    """
    drawing = drawing_of(streams or streams_of(answer))
    streams, width, height = drawing.streams, round(drawing.width), round(drawing.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" fill="currentColor" '
        f'font-family="system-ui,sans-serif" font-size="12" style="min-width:{round(0.8 * width)}px;'
        f'max-width:{round(1.1 * width)}px"><title>Paths of {many(streams.examples)}</title>'
        f"<desc>{escape(described(streams))}</desc>{svg_titles(drawing)}{svg_bands(drawing)}{svg_nodes(drawing)}</svg>"
    )


def described(streams: Streams) -> str:
    """The summary and the widest links, for those who do not see the picture."""
    sums = sorted(groups(streams), key=lambda own: -streams.links[own, 4].sum())[:5]
    widest = ". ".join(about_link(streams, streams.links[own]) for own in sums)
    return f"{summary(streams)} Widest: {widest}." if widest else summary(streams)


def svg_titles(drawing: Drawing) -> str:
    return "".join(
        f'<text x="{left + NODE / 2:.1f}" y="16" text-anchor="middle" font-weight="600">'
        f"<title>{escape(column.title)}</title>{escape(title)}</text>"
        for left, column, title in zip(drawing.left, drawing.streams.columns, drawing.titles, strict=True)
    )


def svg_bands(drawing: Drawing) -> str:
    streams = drawing.streams
    drawn = [
        f"<g><title>{escape(about_link(streams, streams.links[own]))}</title>"
        + "".join(svg_band(streams.shades[streams.links[link, 3]], *drawing.band(link)) for link in own)
        + "</g>"
        for own in groups(streams)
    ]
    return f'<g class="bands" fill-opacity="{OPACITY}">{"".join(drawn)}</g>'


def svg_band(shade: str, left: float, right: float, start: float, end: float, thick: float) -> str:
    """A cubic from node to node, as thick at every x."""
    half = (left + right) / 2
    there = f"M{left:.1f} {start:.2f}C{half:.1f} {start:.2f} {half:.1f} {end:.2f} {right:.1f} {end:.2f}"
    back = f"C{half:.1f} {end + thick:.2f} {half:.1f} {start + thick:.2f} {left:.1f} {start + thick:.2f}Z"
    return f'<path fill="{shade}" d="{there}v{thick:.2f}{back}"/>'


def svg_nodes(drawing: Drawing) -> str:
    columns = drawing.streams.columns
    return "".join(svg_node(drawing, i, place) for i, c in enumerate(columns) for place in range(len(c.counts)))


def svg_node(drawing: Drawing, i: int, place: int) -> str:
    column = drawing.streams.columns[i]
    left, top, width, height = drawing.node(i, place)
    x, anchor = label_place(drawing, i)
    halo = ' class="over"' if column.word == "cluster" else ""
    shade = drawing.streams.node_shade(i, place) or NEUTRAL
    return (
        f"<g><title>{escape(about_node(column, place, drawing.streams.examples))}</title>"
        f'<rect x="{left:.1f}" y="{top:.2f}" width="{width}" height="{max(height, 0.5):.2f}" rx="1.5" '
        f'fill="{shade}"/>'
        f'<text{halo} x="{x:.1f}" y="{drawing.middle(i, place):.2f}" dy=".35em" text-anchor="{anchor}">'
        f"{escape(middle_cut(column.names[place], NAME))}</text></g>"
    )
