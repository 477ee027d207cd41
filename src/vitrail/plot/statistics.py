"""What was measured about the layers of a signature, as parts of a page: a table, their similarity, projections."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.plot.caption import percent, short
from vitrail.plot.clusters import shade_of
from vitrail.plot.colour import hexes, ink
from vitrail.plot.drawing import middle_cut
from vitrail.plot.inline import inline
from vitrail.plot.lined import lined, note, numbers, scroll
from vitrail.plot.streams import Streams, names_of, titles_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = {"purity": "purity", "nmi": "mutual information"}  #: array -> what it is called; between 0 and 1
COUNTS = {"units": "units", "dead": "dead", "saturated": "saturated"}
MOST = 12  #: projections that are drawn, of layers evenly chosen
ACROSS = 4
LAYERS = (
    "Dead units say the same about every example; saturated ones are at an end of their range for almost all. Purity: "
    "the share of examples whose class is the most frequent of their cluster. Mutual information: how much cluster and "
    "class tell of each other, as a share of what they could."
)
CKA = "Similarity of layers, linear CKA: 1 where two layers say the same up to rotation, 0 where they share nothing."


def layers_html(answer: Explanation, streams: Streams) -> str:
    """Whatever of it the answer holds; nothing where it holds nothing."""
    parts = [layer_table(answer), cka_table(answer), projections_html(answer, streams)]
    return "".join(parts)


def layer_table(answer: Explanation) -> str:
    """A row for each layer."""
    counts = {f"statistics/{name}": head for name, head in COUNTS.items() if f"statistics/{name}" in answer.arrays}
    shares = {f"statistics/{name}": head for name, head in SHARES.items() if f"statistics/{name}" in answer.arrays}
    if not (counts or shares):
        return ""
    rows = []
    for i, name in enumerate(titles_of(answer)):
        told = [short(int(answer.arrays[array][i])) for array in counts]
        told += [percent(float(answer.arrays[array][i]), 1) for array in shares]
        rows.append(f'<th scope="row">{escape(name)}</th>{numbers(told)}')
    return lined("Layers", ["layer", *counts.values(), *shares.values()], rows) + note(LAYERS)


def cka_table(answer: Explanation) -> str:
    """How alike the layers are, by linear CKA, as a table of colours and numbers."""
    alike = answer.arrays.get("statistics/cka")
    if alike is None or len(alike) < 2:
        return ""
    names = titles_of(answer)
    head = "".join(f'<th scope="col" title="{escape(name)}">{i + 1}.</th>' for i, name in enumerate(names))
    rows = "".join(
        f'<tr><th scope="row">{i + 1}. {escape(middle_cut(name, 28))}</th>{"".join(map(cka_cell, alike[i]))}</tr>'
        for i, name in enumerate(names)
    )
    table = f'<thead><tr><th scope="col">layer</th>{head}</tr></thead><tbody>{rows}</tbody>'
    return scroll("Similarity of layers", f'<table class="pairs">{table}</table>') + note(CKA)


def cka_cell(value: float) -> str:
    if not np.isfinite(value):
        return '<td class="number">–</td>'
    shade = hexes(np.array([float(np.clip(value, 0, 1))]), 1.0, "strength")[0]
    return f'<td class="number" style="background:{shade};color:{ink(shade)}">{value:.2f}</td>'


def projections_html(answer: Explanation, streams: Streams) -> str:
    layers = projected(answer)
    if not layers:
        return ""
    count = len(answer.arrays["statistics/projection_row"])
    left = f" {len(layers)} of {len(names_of(answer))} layers are shown." if len(layers) == MOST else ""
    told = f"{short(count)} examples in the plane in which each layer varies most, by class.{left}"
    keys = "".join(
        f'<span><i class="dot" style="background:{shade}"></i>{escape(name)}</span>'
        for name, shade in zip(streams.classes, streams.shades, strict=True)
    )
    drawn = inline(draw_projections(answer, streams), told)
    return f'<div class="charts">{drawn}</div><p class="key">{keys}</p>{note(told)}'


def projected(answer: Explanation) -> list[str]:
    """The layers whose projection the answer holds; of many, some at even distances."""
    names = [name for name in names_of(answer) if f"statistics/projection/{name}" in answer.arrays]
    if "statistics/projection_row" not in answer.arrays:
        return []
    places = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST)).round().astype(int))
    return [names[i] for i in places] if names else []


def draw_projections(answer: Explanation, streams: Streams) -> "Figure":
    """A small scatter for each layer."""
    from matplotlib.figure import Figure

    layers = projected(answer)
    across = min(len(layers), ACROSS)
    down = -(-len(layers) // across)
    figure = Figure(figsize=(2.6 * across, 2.75 * down), layout="constrained")
    shades, titles = colours_of(answer, streams), dict(zip(names_of(answer), titles_of(answer), strict=True))
    for axes in figure.subplots(down, across, squeeze=False).flat[len(layers) :]:
        axes.axis("off")
    for axes, name in zip(figure.axes, layers, strict=False):
        points = answer.arrays[f"statistics/projection/{name}"]
        axes.scatter(points[:, 0], points[:, 1], c=shades, s=4, alpha=0.7, linewidths=0)
        axes.set_title(middle_cut(titles[name], 30), fontsize=8, parse_math=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_color("#c8c8c4")
        axes.set_xlabel(explained(answer, name), fontsize=7)
    return figure


def colours_of(answer: Explanation, streams: Streams) -> list[str]:
    """The colour of each projected example: its class, its predicted class where no class is known."""
    rows: Array = answer.arrays["statistics/projection_row"]
    label = answer.arrays["label"]
    keys = (label if (label >= 0).any() else answer.arrays["predicted"])[rows]
    known = {key: shade_of(streams, key) for key in np.unique(keys).tolist()}
    return [known[key] for key in keys.tolist()]


def explained(answer: Explanation, layer: str) -> str:
    """How much of the variance the plane shows."""
    shares = answer.arrays.get(f"statistics/explained/{layer}")
    return "" if shares is None else f"{percent(float(np.sum(shares)), 0)} of the variance"
