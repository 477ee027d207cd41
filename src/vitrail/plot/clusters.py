"""What is in the clusters of each layer, as tables of a page: size, classes, mean example, nearest examples."""

from html import escape

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import percent, short
from vitrail.plot.cell import image
from vitrail.plot.colour import OTHER, UNKNOWN
from vitrail.plot.lined import lined, numbers
from vitrail.plot.part import named
from vitrail.plot.shares import NAME, cut
from vitrail.plot.streams import Streams, class_name, names_of, titles_of

PIXELS = 1e6  #: that all small pictures of a page share, so that it stays small
CLASSES, COLUMNS = 3, 3  #: most frequent classes, and most deviating columns, that are told of a cluster


def clusters_html(answer: Explanation, streams: Streams) -> str:
    """A folded table for each layer of an answer of kind "signature"."""
    nearest = answer.arrays.get("nearest")
    count = 0 if nearest is None else int((nearest >= 0).sum())
    count += sum(len(array) for name, array in answer.arrays.items() if name.startswith("mean_picture/"))
    side = int(np.clip((PIXELS / max(count, 1)) ** 0.5, 28, 96))
    return "".join(of_layer(answer, i, streams, side) for i in range(answer.arrays["values"].shape[1]))


def of_layer(answer: Explanation, layer: int, streams: Streams, side: int) -> str:
    name, table = names_of(answer)[layer], composition(answer, layer)
    by = "classes" if (answer.arrays["label"] >= 0).any() else "predicted classes"
    heads = ["cluster", "examples", "purity", f"most frequent {by}"]
    more = {"mean": f"mean_picture/{name}", "stands out by": f"mean_input/{name}", "nearest to the centre": "nearest"}
    heads += [head for head, array in more.items() if array in answer.arrays]
    rows = (of_cluster(answer, layer, cluster, table, streams, side) for cluster in range(len(table)))
    title = titles_of(answer)[layer]
    shown = lined(f"Clusters of {title}", heads, rows)
    return f"<details><summary>{escape(title)}: {len(table)} clusters</summary>{shown}</details>"


def of_cluster(answer: Explanation, layer: int, cluster: int, table: Array, streams: Streams, side: int) -> str:
    own, size = table[cluster, :-1], int(table[cluster].sum())
    known = int(own.sum())
    told = f"{short(size)} ({percent(size / max(int(table.sum()), 1), 1)})"
    purity = percent(own.max() / known, 1) if known else "–"
    cells = [top_classes(answer, own, streams), *shown(answer, layer, cluster, side)]
    said = "".join(f"<td>{html}</td>" for html in cells)
    return f'<th scope="row">{cluster}</th>{numbers([told, purity])}{said}'


def shown(answer: Explanation, layer: int, cluster: int, side: int) -> list[str]:
    """The mean and the nearest examples, where the answer holds them."""
    name, arrays = names_of(answer)[layer], answer.arrays
    where = f"cluster {cluster} at {titles_of(answer)[layer]}"
    cells = []
    if f"mean_picture/{name}" in arrays:
        cells.append(small(arrays[f"mean_picture/{name}"][cluster], f"mean of {where}", side))
    if f"mean_input/{name}" in arrays:
        cells.append(deviating(arrays[f"mean_input/{name}"], cluster, answer, composition(answer, layer).sum(1)))
    if "nearest" in arrays:
        rows = [int(row) for row in arrays["nearest"][layer, cluster] if row >= 0]
        cells.append(nearest(answer, rows, where, side))
    return cells


def composition(answer: Explanation, layer: int) -> Array:
    """(clusters, classes + 1) examples of each class, the last column for the unknown.

    By input class; by predicted class where no input class is known.
    """
    clusters, label = answer.arrays["values"][:, layer].astype(np.int64), answer.arrays["label"]
    keys = label if (label >= 0).any() else answer.arrays["predicted"]
    told = answer.checks.get("clusters") or ()
    rows = max(int(told[layer]) if layer < len(told) else 0, int(clusters.max(initial=-1)) + 1)
    columns = int(keys.max(initial=-1)) + 1
    flat = clusters * (columns + 1) + np.where(keys < 0, columns, keys)
    return np.bincount(flat, minlength=rows * (columns + 1)).reshape(rows, columns + 1)


def top_classes(answer: Explanation, own: Array, streams: Streams) -> str:
    """The most frequent classes of a cluster, each behind its colour."""
    best = [int(key) for key in np.argsort(-own, kind="stable")[:CLASSES] if own[key]]
    shares = [percent(own[key] / own.sum(), 1) for key in best]
    pairs = zip(best, shares, strict=True)
    drawn = [f"{dot(streams, key)}{escape(cut(class_name(answer, key), NAME))}: {share}" for key, share in pairs]
    return "<br>".join(drawn) or "–"


def dot(streams: Streams, key: int) -> str:
    return f'<i class="dot" style="background:{shade_of(streams, key)}"></i>'


def shade_of(streams: Streams, key: int) -> str:
    """The colour that a class has in the flow; that of the others where it has none of its own."""
    known: dict[int, str] = dict(zip(streams.keys.tolist(), streams.shades, strict=True))
    return known.get(key, OTHER if key >= 0 else UNKNOWN)


def small(pixels: Array, alt: str, side: int) -> str:
    return image(pixels, alt, side, " small")


def nearest(answer: Explanation, rows: list[int], where: str, side: int) -> str:
    """The nearest examples as pictures; their numbers where there are none."""
    pictures = answer.arrays.get("nearest_picture")
    if pictures is None:
        return "examples " + ", ".join(map(str, rows)) if rows else "–"
    place = {int(row): i for i, row in enumerate(answer.arrays["nearest_row"])}
    drawn = [small(pictures[place[row]], f"example {row}, near {where}", side) for row in rows if row in place]
    return f'<div class="near">{"".join(drawn)}</div>'


def deviating(means: Array, cluster: int, answer: Explanation, sizes: Array) -> str:
    """The columns whose mean here is furthest from that of all examples, as a share of how far clusters differ."""
    weights = sizes[: len(means), None] / max(sizes.sum(), 1)
    filled = np.nan_to_num(np.asarray(means, np.float64))
    centre = (weights * filled).sum(0)
    spread = np.sqrt((weights * (filled - centre) ** 2).sum(0))
    away = np.abs(filled[cluster] - centre) / np.where(spread > 0, spread, np.inf)
    names = named(answer.labels.get("feature") or (), len(centre))
    best = [int(i) for i in np.argsort(-away, kind="stable")[:COLUMNS] if away[i] > 0 and sizes[cluster]]
    told = [f"{escape(cut(names[i], NAME))} = {filled[cluster, i]:.3g} (all: {centre[i]:.3g})" for i in best]
    return "<br>".join(told) or "–"
