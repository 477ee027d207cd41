"""A flow with the places of everything in it, and what its parts are called in words."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vitrail.explanation import Array
from vitrail.plot.caption import percent, short
from vitrail.plot.sankey import Layout, lay
from vitrail.plot.streams import Column, Streams
from vitrail.signatures.layers import titled

WIDE, STEP = 1040, 130  #: width of a picture that has room; least distance of columns
NODE, GAP = 12, 15  #: width of a node; between nodes, so that the names of thin ones do not touch
TALL, EACH = 400, 36  #: least height, and what each node of the fullest column adds to it
TOP, EDGE = 34, 8  #: room for the titles of columns; around all
LETTER, BOLD = 6.7, 7.6  #: width of a letter of the names, and of the titles
NARROW = 420  #: the least width, for a column that stands alone
NAME = 22  #: letters of a class that are shown
OPACITY = 0.6  #: of bands, so that those beneath are seen
NEUTRAL = "#5f6368"  #: the nodes of clusters


@dataclass(frozen=True, eq=False)
class Drawing:
    """A flow with the places of everything in it, y going down.

    width, height   of the picture
    left            (columns,) the left edges of the nodes
    """

    streams: Streams
    layout: Layout
    width: float
    height: float
    left: Array

    def node(self, column: int, place: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of a node."""
        tops, heights = self.layout.tops[column], self.layout.heights[column]
        return float(self.left[column]), TOP + float(tops[place]), NODE, float(heights[place])

    def band(self, link: int) -> tuple[float, float, float, float, float]:
        """Left and right of a link, its top at either end, and its thickness."""
        column = self.streams.links[link, 0]
        start, end, thick = self.layout.bands[link]
        return float(self.left[column]) + NODE, float(self.left[column + 1]), TOP + start, TOP + end, float(thick)

    def middle(self, column: int, place: int) -> float:
        _, top, _, height = self.node(column, place)
        return top + height / 2

    @property
    def titles(self) -> list[str]:
        """What stands over the columns, as far as there is room."""
        room = int((self.left[1] - self.left[0]) / BOLD - 1) if len(self.left) > 1 else 40
        return shortened([column.title for column in self.streams.columns], room)


def drawing_of(streams: Streams) -> Drawing:
    """Where everything lies in the picture of a flow."""
    counts = [column.counts for column in streams.columns]
    fixed = [column.word != "cluster" for column in streams.columns]
    layout = lay(counts, streams.links, fixed, max(TALL, EACH * max(map(len, counts))), GAP)
    sides = [side_room(column) for column in (streams.columns[0], streams.columns[-1])]
    steps = len(counts) - 1
    step = max(STEP, (WIDE - sum(sides) - NODE) / max(steps, 1)) if steps else 0
    left = sides[0] + step * np.arange(steps + 1)
    width = max(float(left[-1] + NODE + sides[1]), NARROW)
    return Drawing(streams, layout, width, TOP + layout.height + EDGE, left)


def side_room(column: Column) -> float:
    """Room for the names of classes beside the first and the last column, and for half a title."""
    names = [len(middle_cut(name, NAME)) for name in column.names] if column.word != "cluster" else [3]
    return max(LETTER * max(names) + 12, LETTER * min(len(column.title), NAME) / 2) + EDGE


def middle_cut(text: str, most: int) -> str:
    """A long text without its middle: what differs often stands at the end."""
    text = text.replace("\n", " ")
    if len(text) <= most:
        return text
    kept = max(most - 1, 2)
    return f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"


def shortened(names: list[str], most: int) -> list[str]:
    """Long names without their middle; where two would then look alike, without the parts that all of them share."""
    told = [middle_cut(name, most) for name in names]
    alike = [name for name, text in zip(names, told, strict=True) if told.count(text) > 1]
    parts = [re.split(r"(?<=[./])", name) for name in alike]
    first = len(os.path.commonprefix(parts))
    last = len(os.path.commonprefix([part[first:][::-1] for part in parts]))
    own = {name: "".join(part[first : len(part) - last]).strip("./") for name, part in zip(alike, parts, strict=True)}
    return [middle_cut(titled(own.get(name) or name), most) for name in names]


def about_node(column: Column, place: int, examples: int) -> str:
    """Such as "cluster 3 at conv1: 533 examples (5.3 %), 97.0 % of them 7"."""
    where = f" at {column.title}" if column.word == "cluster" else ""
    count = int(column.counts[place])
    told = f"{column.word} {column.names[place]}{where}: {many(count)} ({percent(count / examples, 1)})"
    known = np.isfinite(column.purity[place]) and column.word == "cluster"
    return f"{told}, {percent(float(column.purity[place]), 1)} of them {column.major[place]}" if known else told


def about_link(streams: Streams, own: Array) -> str:
    """Such as "cluster 3 to cluster 2: 533 examples; 7: 500; 1: 33", for the links (classes, 5) of two nodes."""
    place, here, there = own[0, :3]
    first, second = streams.columns[place], streams.columns[place + 1]
    ends = f"{first.word} {first.names[here]} to {second.word} {second.names[there]}"
    largest = own[np.argsort(-own[:, 4], kind="stable")]
    classes = [f"{streams.classes[link[3]]}: {short(int(link[4]))}" for link in largest]
    return "; ".join([f"{ends}: {many(int(own[:, 4].sum()))}", *classes])


def many(count: int) -> str:
    return f"{short(count)} example{'' if count == 1 else 's'}"


def summary(streams: Streams) -> str:
    """What the picture shows, in one or two sentences."""
    layers = [column.title for column in streams.columns if column.word == "cluster"]
    ends = [column.word for column in streams.columns if column.word != "cluster"]
    through = f"the clusters of {len(layers)} layer{'' if len(layers) == 1 else 's'} ({', '.join(layers)})"
    told = f"{many(streams.examples)} flow through {through}"
    return f"{told}, with the {' and the '.join(ends)} beside them." if ends else f"{told}."


def groups(streams: Streams) -> Iterator[list[int]]:
    """The links, those of the same two nodes together."""
    order = range(len(streams.links))
    return (list(own) for _, own in groupby(order, lambda i: tuple(streams.links[i, :3])))


def label_place(drawing: Drawing, column: int) -> tuple[float, str]:
    """Where the name of a node begins or ends: outside for the first column of classes, else to its right."""
    outside = column == 0 and drawing.streams.columns[0].word != "cluster"
    return (float(drawing.left[column]) - 5, "end") if outside else (float(drawing.left[column]) + NODE + 4, "start")
