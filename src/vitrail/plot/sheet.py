"""Panels side by side, one row for each example, on one matplotlib figure that belongs to nobody else."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from vitrail.errors import BadSetting
from vitrail.plot.panel import Panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 16  #: examples drawn at most, unless told otherwise


def sheet(panels: Sequence[Panel], headline: Callable[[int], str], examples: int, *, most: int = MOST) -> "Figure":
    """A figure: one row for each example, a line of text over each row; says so when examples are left out."""
    from matplotlib.figure import Figure

    if most < 1:
        raise BadSetting(f"most must be at least 1, got {most}. It is how many examples are drawn.", most=most)
    shown = min(examples, most)
    tall, wide = max(panel.height for panel in panels) + 0.4, sum(panel.width for panel in panels)
    figure = Figure(figsize=(wide + 0.2, shown * tall + 0.3 * (shown < examples)), layout="constrained")
    rows = figure.subfigures(shown, 1, squeeze=False)[:, 0]
    for example, row in enumerate(rows):
        places = row.subplots(1, len(panels), squeeze=False, width_ratios=[panel.width for panel in panels])[0]
        for panel, axes in zip(panels, places, strict=True):
            panel.draw(axes, example)
        row.suptitle(headline(example), x=0.01, ha="left", fontsize=9, parse_math=False)
    if shown < examples:
        figure.supxlabel(f"{shown} of {examples} examples are shown; most={examples} shows all", fontsize=8)
    return figure
