"""What a flow shows, counted: the nodes of each column, and the links from column to column by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import short
from vitrail.plot.colour import OTHER, UNKNOWN, class_colour
from vitrail.signatures.layers import titled

MOST_CLASSES, MOST_CLUSTERS = 12, 30  #: drawn by themselves; the others are drawn together
TOGETHER, NOBODY_KNOWS = 2**40, 2**40 + 1  #: the keys of those, and of a class that is not known; behind all others
DENSE = 2**22  #: places of a table in which rows are counted


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a flow.

    title   "input class", the name of a layer, or "predicted class"
    word    what its nodes are: "input class", "cluster", "predicted class"
    keys    (nodes,) the class or the cluster, or `TOGETHER`, or `NOBODY_KNOWS`; ascending
    names   what each node is called
    counts  (nodes,) its examples
    major   its most frequent class; empty where no class is known
    purity  (nodes,) the share of that class among its examples of known class; NaN where there are none
    """

    title: str
    word: str
    keys: Array
    names: Sequence[str]
    counts: Array
    major: Sequence[str]
    purity: Array


@dataclass(frozen=True, eq=False)
class Streams:
    """A flow, ready to be laid out.

    columns  from left to right
    links    (links, 5): the place of the column; the place of the node there, and of that in the next column; the place
             of the class in `classes`; and the examples
    keys     (classes,) the classes that have a colour, coded as those of nodes are
    classes  what they are called
    shades   their colours
    notes    sentences to stand under the picture
    """

    columns: Sequence[Column]
    links: Array
    keys: Array
    classes: Sequence[str]
    shades: Sequence[str]
    notes: Sequence[str]

    @property
    def examples(self) -> int:
        return int(self.columns[0].counts.sum())

    def node_shade(self, column: int, place: int) -> str:
        """The colour of a class; empty for a cluster."""
        own = self.columns[column]
        return "" if own.word == "cluster" else self.shades[int(np.searchsorted(self.keys, own.keys[place]))]


def streams_of(answer: Explanation) -> Streams:
    """The flow of an answer of kind "signature" or "flow".

    Where no class of an example is known, the predicted class gives the colours, and the column of the input class is
    left out. Beyond the most frequent classes and clusters the others are one node, so that no example is missing.

    Raises    BadInput when there is not one example
    """
    paths, weights = paths_of(answer)
    if not weights.sum():
        raise BadInput("the flow holds no examples. At least one was expected. Ask for classes or paths that occur.")
    last = paths.shape[1] - 1
    shown = [c for c in range(last + 1) if 0 < c < last or (paths[:, c] >= 0).any()]
    links = links_of(answer, paths, weights, shown)
    classes = frequent(*class_counts(paths, weights, links, shown), MOST_CLASSES)
    kept = [classes if c in (0, last) else frequent(paths[:, c], weights, MOST_CLUSTERS) for c in range(last + 1)]
    for here, there in pairwise(shown):
        own = links[:, 0] == here
        links[own, 1], links[own, 2] = coded(links[own, 1], kept[here]), coded(links[own, 2], kept[there])
    nodes = {c: merged(paths[:, c], weights, kept[c]) for c in shown}
    columns = [column(answer, c, *nodes[c], links) for c in shown]
    keys = np.unique(np.concatenate([coded(links[:, 3], classes), *(c.keys for c in columns if c.word != "cluster")]))
    names = [class_name(answer, key) for key in keys]
    told = notes(answer, columns, links, len(np.unique(links[links[:, 3] >= 0, 3])))
    return Streams(columns, placed(columns, shown, links, keys, classes), keys, names, shades(keys), told)


def paths_of(answer: Explanation) -> tuple[Array, Array]:
    """(paths, layers + 2) input class, clusters, output class; (paths,) their examples."""
    arrays = answer.arrays
    if answer.kind == "flow":
        parts, weights = [arrays["input_class"], arrays["signature"], arrays["output_class"]], arrays["values"]
    else:
        parts, weights = [arrays["label"], arrays["values"], arrays["predicted"]], np.ones(len(arrays["values"]))
    return np.column_stack(parts).astype(np.int64), weights.astype(np.int64)


def links_of(answer: Explanation, paths: Array, weights: Array, shown: Sequence[int]) -> Array:
    """(links, 5): column, its node, the next column's node, class, examples; as the flow says, else counted."""
    names = ("column", "source", "target", "class", "count")
    if answer.kind == "flow" and (answer.arrays["link/class"] >= 0).any():
        return np.column_stack([answer.arrays[f"link/{name}"] for name in names]).astype(np.int64)
    known = shown[0] == 0 or shown[-1] == paths.shape[1] - 1
    classes = paths[:, 0 if shown[0] == 0 else -1] if known else np.full(len(paths), -1)
    parts = [np.zeros((0, 5), np.int64)]
    for here, there in pairwise(shown):
        rows, counts = grouped(np.column_stack([paths[:, here], paths[:, there], classes]), weights)
        parts.append(np.column_stack([np.full(len(rows), here), rows, counts]))
    return np.concatenate(parts)


def grouped(rows: Array, weights: Array) -> tuple[Array, Array]:
    """The rows that differ, in ascending order, and the sum of the weights of each."""
    low = rows.min(0)
    span = [int(size) for size in rows.max(0) - low + 1]
    if prod(span) > DENSE:
        kinds, place = np.unique(rows, axis=0, return_inverse=True)
        return kinds, np.bincount(place.ravel(), weights, len(kinds)).astype(np.int64)
    codes = np.zeros(len(rows), np.int64)  # a place in a table of all kinds that could be: fifty times as fast
    for values, least, size in zip(rows.T, low, span, strict=True):
        codes = codes * size + values - least
    sums = np.bincount(codes, weights)
    found = np.flatnonzero(np.bincount(codes))
    return np.column_stack(np.unravel_index(found, span)) + low, sums[found].astype(np.int64)


def class_counts(paths: Array, weights: Array, links: Array, shown: Sequence[int]) -> tuple[Array, Array]:
    """Classes with how often each occurs: as input, as output, and as the class of links."""
    ends = [c for c in shown if c in (0, paths.shape[1] - 1)]
    own = links[:, 0] == shown[0]
    keys = np.concatenate([*(paths[:, c] for c in ends), links[own, 3]])
    return keys, np.concatenate([*(weights for _ in ends), links[own, 4]])


def frequent(keys: Array, weights: Array, most: int) -> Array:
    """The most frequent keys, ascending; all where only one more would be left."""
    known = keys >= 0
    if not known.any():
        return np.zeros(0, np.int64)
    kinds, counts = grouped(keys[known][:, None], weights[known])
    most = len(kinds) if len(kinds) <= most + 1 else most
    return np.sort(kinds[np.argsort(-counts, kind="stable")[:most], 0])


def coded(keys: Array, kept: Array) -> Array:
    """The keys that are kept as they are; the others as one, and those that are not known as another."""
    return np.where(keys < 0, NOBODY_KNOWS, np.where(np.isin(keys, kept), keys, TOGETHER))


def merged(keys: Array, weights: Array, kept: Array) -> tuple[Array, Array]:
    """The nodes of a column, ascending, and the examples of each."""
    kinds, counts = grouped(keys[:, None], weights)
    rows, counts = grouped(coded(kinds, kept), counts)
    return rows[:, 0], counts


def column(answer: Explanation, place: int, keys: Array, counts: Array, links: Array) -> Column:
    layers = titles_of(answer)
    word = ["input class", *["cluster"] * len(layers), "predicted class"][place]
    title = ["input class", *layers, "predicted class"][place]
    names = [cluster_name(key) if word == "cluster" else class_name(answer, key) for key in keys]
    major, purity = majority(keys, *classes_at(place, links))
    return Column(title, word, keys, names, counts, [class_name(answer, k) if k >= 0 else "" for k in major], purity)


def classes_at(place: int, links: Array) -> tuple[Array, Array, Array]:
    """Nodes of a column, classes, and examples: of the links that leave it; of those that come in where none leave."""
    out, into = links[links[:, 0] == place], links[links[:, 0] == links[:, 0].max(initial=-1)]
    found, side = (out, 1) if len(out) else (into, 2)
    return found[:, side], found[:, 3], found[:, 4]


def majority(keys: Array, nodes: Array, classes: Array, counts: Array) -> tuple[Array, Array]:
    """The most frequent known class of each node, -1 without any, and its share among the known."""
    kinds = np.unique(classes[classes >= 0])
    known = np.isin(classes, kinds)
    table = np.zeros((len(keys), max(len(kinds), 1)))
    places = np.searchsorted(keys, nodes[known]), np.searchsorted(kinds, classes[known])
    np.add.at(table, places, counts[known])
    whole = table.sum(1)
    found = kinds[table.argmax(1)] if len(kinds) else np.full(len(keys), -1)
    return np.where(whole > 0, found, -1), np.where(whole > 0, table.max(1) / np.maximum(whole, 1), np.nan)


def placed(columns: Sequence[Column], shown: Sequence[int], links: Array, keys: Array, classes: Array) -> Array:
    """The links by the places of columns, nodes and classes, those that were drawn together added up."""
    if not len(links):
        return links
    rows, counts = grouped(np.column_stack([links[:, :3], coded(links[:, 3], classes)]), links[:, 4])
    rows[:, 0], rows[:, 3] = np.searchsorted(shown, rows[:, 0]), np.searchsorted(keys, rows[:, 3])
    for i in range(len(columns) - 1):
        own = rows[:, 0] == i
        rows[own, 1] = np.searchsorted(columns[i].keys, rows[own, 1])
        rows[own, 2] = np.searchsorted(columns[i + 1].keys, rows[own, 2])
    return np.column_stack([rows, counts])


def titles_of(answer: Explanation) -> list[str]:
    """What the layers are called in a picture: a name that is only a number would be taken for a cluster."""
    return [titled(name) for name in names_of(answer)]


def names_of(answer: Explanation) -> list[str]:
    """The names of the layers, as the arrays of the answer have them."""
    count = answer.arrays["signature" if answer.kind == "flow" else "values"].shape[1]
    names = answer.labels.get("layer") or ()
    return [str(name) for name in names] if len(names) == count else [f"layer {i + 1}" for i in range(count)]


def class_name(answer: Explanation, key: int) -> str:
    """The name of a class, its number where it has none; words for those drawn together and for the unknown."""
    names = answer.labels.get("class") or ()
    if key < 0 or key >= TOGETHER:
        return "other" if key == TOGETHER else "unknown"
    return str(names[key]) if key < len(names) else str(key)


def cluster_name(key: int) -> str:
    return "other" if key == TOGETHER else "unknown" if key == NOBODY_KNOWS else str(key)


def shades(keys: Array) -> list[str]:
    """The colours of classes: by their numbers while these are small, so that a class looks alike everywhere."""
    known = keys[keys < TOGETHER]
    small = known.max(initial=0) <= MOST_CLASSES
    own = [class_colour(int(key) if small else place) for place, key in enumerate(known)]
    return own + [OTHER if key == TOGETHER else UNKNOWN for key in keys[len(known) :]]


def notes(answer: Explanation, columns: Sequence[Column], links: Array, classes: int) -> list[str]:
    """What a reader must know: what the colours are, and what was drawn together."""
    by = "predicted class" if columns[0].word != "input class" and columns[-1].word == "predicted class" else ""
    by = by if answer.kind != "flow" or not (answer.arrays["link/class"] >= 0).any() else ""
    told = [f"Colours are those of the {by or 'input class'}."] if (links[:, 3] >= 0).any() else []
    merged = [c for c in columns if TOGETHER in c.keys]
    if any(c.word != "cluster" for c in merged) or classes > MOST_CLASSES + 1:
        told.append(
            f"The {MOST_CLASSES} most frequent of {short(classes)} classes are drawn one by one, the rest as other."
        )
    if any(c.word == "cluster" for c in merged):
        told.append(f"Of each layer the {MOST_CLUSTERS} largest clusters are drawn one by one, the rest as other.")
    return told
