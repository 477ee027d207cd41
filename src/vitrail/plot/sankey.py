"""Where the nodes and bands of a flow lie: pure arithmetic, no picture.

A column of nodes for each step, their heights in proportion to their examples; a band for each link, as thick as its
examples. The order of nodes within a column is chosen so that few examples cross. [1]

[1] Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981, section 5: the
    barycentre method, swept from both sides
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vitrail.explanation import Array

SWEEPS = 12  #: there and back; what is gained later is not seen


@dataclass(frozen=True, eq=False)
class Layout:
    """Places in a plane whose y goes down, in units of a picture.

    height   of the whole
    orders   for each column (nodes,): the nodes from the top
    tops     for each column (nodes,): where each node begins, by node
    heights  for each column (nodes,): how high each node is, by node
    bands    (links, 3): y where a link begins at its source, y where it begins at its target, and how thick it is
    """

    height: float
    orders: Sequence[Array]
    tops: Sequence[Array]
    heights: Sequence[Array]
    bands: Array


def lay(counts: Sequence[Array], links: Array, fixed: Sequence[bool], height: float, gap: float) -> Layout:
    """Place the nodes and the bands.

    Settings    counts    for each column (nodes,): examples of each node; the columns have equal sums
                links     (links, 5): column, node there, node in the next column, class, examples
                fixed     for each column whether its nodes keep their order
                height    of the tallest column, gaps included
                gap       between nodes; half the height at most goes to gaps
    """
    most = max(len(column) for column in counts)
    gap = min(gap, height / 2 / max(most - 1, 1))
    scale = (height - gap * (most - 1)) / max(float(column.sum()) for column in counts)
    orders = arrange([matrix(counts, links, c) for c in range(len(counts) - 1)], [len(c) for c in counts], fixed)
    heights = [column * scale for column in counts]
    tops = [stacked(own, order, gap, height) for own, order in zip(heights, orders, strict=True)]
    return Layout(height, orders, tops, heights, bands(links, orders, tops, scale))


def matrix(counts: Sequence[Array], links: Array, column: int) -> Array:
    """(nodes, nodes of the next column) the examples that go from one to the other."""
    found = np.zeros((len(counts[column]), len(counts[column + 1])))
    own = links[links[:, 0] == column]
    np.add.at(found, (own[:, 1], own[:, 2]), own[:, 4])
    return found


def stacked(heights: Array, order: Array, gap: float, height: float) -> Array:
    """Where each node of a column begins, the column in the middle of the height."""
    ends = np.cumsum(heights[order] + gap)
    tops = np.empty(len(order))
    tops[order] = ends - gap - heights[order] + (height - ends[-1] + gap) / 2
    return tops


def bands(links: Array, orders: Sequence[Array], tops: Sequence[Array], scale: float) -> Array:
    """Inside a node the bands lie as their other ends do, the classes of one link beside each other."""
    found = np.zeros((len(links), 3))
    found[:, 2] = links[:, 4] * scale
    ranks = [np.argsort(order) for order in orders]
    for c in range(len(orders) - 1):
        own = np.flatnonzero(links[:, 0] == c)
        ends = links[own, 1], links[own, 2]
        for side, (here, there) in enumerate(((0, 1), (1, 0))):
            sort = np.lexsort((links[own, 3], ranks[c + there][ends[there]], ranks[c + here][ends[here]]))
            node, thick = ends[here][sort], found[own[sort], 2]
            before = np.cumsum(thick) - thick
            first = np.r_[True, node[1:] != node[:-1]]
            start = np.maximum.accumulate(np.where(first, before, 0.0))
            found[own[sort], side] = tops[c + here][node] + before - start
    return found


def arrange(flows: Sequence[Array], sizes: Sequence[int], fixed: Sequence[bool]) -> list[Array]:
    """The order of the nodes of each column: the best that was met, never worse than the natural one."""
    orders = [np.arange(size) for size in sizes]
    best, fewest = list(orders), crossings(flows, orders)
    for _ in range(SWEEPS):
        for places in (range(len(sizes)), range(len(sizes) - 1, -1, -1)):
            for column in places:
                if not fixed[column]:
                    orders[column] = by_neighbours(column, flows, orders, back=places.step < 0)
            crossed = crossings(flows, orders)
            if crossed < fewest:
                best, fewest = list(orders), crossed
    return best


def by_neighbours(column: int, flows: Sequence[Array], orders: Sequence[Array], *, back: bool) -> Array:
    """The nodes by the mean place of the nodes that they are linked with, on the side that the sweep comes from."""
    before, after = column > 0, column + 1 < len(orders)
    if not (before or after):
        return orders[column]
    if after and (back or not before):
        links, other = flows[column], orders[column + 1]
    else:
        links, other = flows[column - 1].T, orders[column - 1]
    place = (np.argsort(other) + 0.5) / len(other)
    means = links @ place / np.maximum(links.sum(1), 1e-300)
    now = orders[column]
    return now[np.argsort(means[now], kind="stable")]


def crossings(flows: Sequence[Array], orders: Sequence[Array]) -> float:
    """How many pairs of examples cross, over all columns."""
    pairs = zip(flows, pairwise(orders), strict=True)
    return float(sum(crossed(flow[np.ix_(here, there)]) for flow, (here, there) in pairs))


def crossed(flow: Array) -> float:
    """Pairs of examples of which one starts above the other and ends below it.

    sum over i < j, k > l of flow[i, k] flow[j, l]
    """
    below = np.cumsum(flow[::-1], 0)[::-1]
    lower_left = np.cumsum(np.vstack([below[1:], np.zeros(flow.shape[1])]), 1)
    return float((flow[:, 1:] * lower_left[:, :-1]).sum())
