"""The page of kinds "signature" and "flow": numbers, the flow, frequent and rare paths, clusters, layers."""

from html import escape

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import percent, short
from vitrail.plot.clusters import clusters_html, dot
from vitrail.plot.drawing import middle_cut
from vitrail.plot.lined import facts, lined, numbers, scroll
from vitrail.plot.statistics import layers_html
from vitrail.plot.streams import Streams, class_name, grouped, paths_of, streams_of
from vitrail.plot.svg import flow_svg

ROWS = 12  #: paths that a table shows
NAME = 28  #: letters of a class that a table shows


def signature_html(answer: Explanation) -> str:
    """All about one answer: about thousands of examples, so there is no row for each."""
    streams = streams_of(answer)
    layers = layers_html(answer, streams)
    return (
        f"{facts(known_facts(answer))}{flow_html(answer, streams)}{paths_html(answer, streams)}"
        f"<h3>Clusters</h3>{clusters_html(answer, streams)}" + (f"<h3>Layers</h3>{layers}" if layers else "")
    )


def flow_section(answer: Explanation) -> str:
    """The page of kind "flow": the picture, and its most frequent and its rarest rows."""
    streams = streams_of(answer)
    told = {"examples": short(streams.examples), "paths": short(len(answer.arrays["values"]))}
    asked = {key: answer.target.get(key) for key in ("view", "input_class", "output_class", "signature")}
    words = {key.replace("_", " "): str(value) for key, value in asked.items() if value is not None}
    return f"{facts(told | words)}{flow_html(answer, streams)}{paths_html(answer, streams)}"


def known_facts(answer: Explanation) -> dict[str, str]:
    """The numbers to begin with; what is not known is left out."""
    checks, count = answer.checks, len(answer.arrays["values"])
    clusters = [int(each) for each in checks.get("clusters") or ()]
    alike = f"{clusters[0]} at each layer" if len(set(clusters)) == 1 else ", ".join(map(str, clusters))
    return {
        "examples": short(count),
        "fitted on": short(int(checks["fitted"])) if checks.get("fitted") is not None else "",
        "accuracy": percent(float(checks["accuracy"]), 1) if checks.get("accuracy") is not None else "",
        "layers": str(answer.arrays["values"].shape[1]),
        "clusters": alike,
        "seconds": short(answer.provenance.get("seconds")) if answer.provenance.get("seconds") is not None else "",
    }


def flow_html(answer: Explanation, streams: Streams) -> str:
    notes = f"<figcaption>{escape(' '.join(streams.notes))}</figcaption>" if streams.notes else ""
    return f'<figure class="flow">{scroll("Flow", flow_svg(answer, streams))}{notes}</figure>'


def paths_html(answer: Explanation, streams: Streams) -> str:
    """The most frequent paths, and the rarest: of those that ended in another class, where classes are known."""
    rows, counts = counted(answer)
    order = np.argsort(-counts, kind="stable")
    frequent = order[:ROWS]
    head = "<h3>The most frequent paths</h3>"
    told = head + paths_table(answer, streams, rows[frequent], counts[frequent])
    wrong = confusing(rows, counts)
    if len(wrong):
        told += "<h3>The rarest paths that led to another class</h3>"
        return told + paths_table(answer, streams, rows[wrong[:ROWS]], counts[wrong[:ROWS]])
    rare = order[::-1][: min(ROWS, len(order) - len(frequent))]
    if not len(rare):
        return told
    return f"{told}<h3>The rarest paths</h3>{paths_table(answer, streams, rows[rare], counts[rare])}"


def counted(answer: Explanation) -> tuple[Array, Array]:
    """(paths, layers + 2) every path that occurs, and (paths,) how often."""
    paths, weights = paths_of(answer)
    return grouped(paths, weights)


def confusing(rows: Array, counts: Array) -> Array:
    """The paths whose two classes are known and differ; those first whose signature is rarest among all examples."""
    own = np.flatnonzero((rows[:, 0] >= 0) & (rows[:, -1] >= 0) & (rows[:, 0] != rows[:, -1]))
    kinds, sizes = grouped(rows[:, 1:-1], counts)
    place = {tuple(kind): size for kind, size in zip(kinds.tolist(), sizes.tolist(), strict=True)}
    common = np.array([place[tuple(rows[i, 1:-1].tolist())] for i in own], np.int64)
    return own[np.lexsort((counts[own], common))]


def paths_table(answer: Explanation, streams: Streams, rows: Array, counts: Array) -> str:
    """A line for each path: classes, clusters, examples, share of all."""
    first, last = bool((rows[:, 0] >= 0).any()), bool((rows[:, -1] >= 0).any())
    heads = ["input class"] * first + ["cluster at each layer"] + ["predicted class"] * last + ["examples", "share"]
    lines = []
    for row, count in zip(rows, counts.tolist(), strict=True):
        ends = [class_cell(answer, streams, int(key)) for key in (row[0], row[-1])]
        path = f'<td class="path">{" → ".join(map(str, row[1:-1]))}</td>'
        told = numbers([short(count), percent(count / streams.examples, 1)])
        lines.append("".join([ends[0] * first, path, ends[1] * last, told]))
    return lined("Paths", heads, lines)


def class_cell(answer: Explanation, streams: Streams, key: int) -> str:
    return f"<td>{dot(streams, key)}{escape(middle_cut(class_name(answer, key), NAME))}</td>"
