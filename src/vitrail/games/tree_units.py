"""Trees cut into units: leaves that are reached through a few conditions, which a row answers by a short code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vitrail.model.trees import Trees, share_left

Array = np.ndarray[Any, Any]
BITS = 8  #: conditions of a unit: its code is a byte


class Span(NamedTuple):
    """The values of one column that keep to a path.

    low, high  ranks, both included; or of a column of categories
    known      (codes + 1,) which codes do
    missing    whether missing values do
    """

    low: int
    high: int
    known: Array | None
    missing: bool


@dataclass(frozen=True, eq=False)
class Conditions:
    """What rows are asked, (units, bits) each: whether low <= rank < low + width, or whether a code is known.

    column   (units, bits) which column
    low      (units, bits)
    width    (units, bits) 0 where nothing is asked: the answer is no
    missing  (units, bits) the answer for a missing value
    coded    places, in the flattened units and bits, of conditions on categories
    known    (coded, codes) which codes are answered by yes
    """

    column: Array
    low: Array
    width: Array
    missing: Array
    coded: Array
    known: Array

    def of(self, which: Array) -> "Conditions":
        """Those of some units."""
        bits = self.column.shape[1] if self.column.size else 1
        unit, bit = self.coded // bits, self.coded % bits
        order = np.full(len(self.column), -1)
        order[which] = np.arange(len(which))
        mine = order[unit] >= 0 if len(unit) else np.zeros(0, dtype=bool)
        flat = order[unit[mine]] * bits + bit[mine]
        by = np.argsort(flat)
        return Conditions(
            self.column[which],
            self.low[which],
            self.width[which],
            self.missing[which],
            flat[by],
            self.known[mine][by],
        )

    def answers(self, ranks: Array, begin: int, end: int) -> Array:
        """(units, bits, rows) bool, of the units from begin to end; ranks (columns, rows) as Trees.ranked gives."""
        column, bits = self.column[begin:end], self.column.shape[1]
        mine = ranks[column.ravel()]
        low, width = (np.ravel(part[begin:end])[:, None].astype(ranks.dtype) for part in (self.low, self.width))
        said = (mine - low) < width  # unsigned: what is below low is far above
        first, last = np.searchsorted(self.coded, (begin * bits, end * bits))
        if last > first:
            at = self.coded[first:last] - begin * bits
            said[at] = np.take_along_axis(self.known[first:last], np.minimum(mine[at], self.known.shape[1] - 1), 1)
        gone = mine == np.iinfo(ranks.dtype).max
        if gone.any():
            said = np.where(gone, np.ravel(self.missing[begin:end])[:, None], said)
        return np.asarray(said.reshape(*column.shape, -1))


@dataclass(frozen=True, eq=False)
class Units:
    """Units of one number of bits, with their leaves.

    conditions  of every unit
    asked       (units,) how many of its bits ask something
    unit        (leaves,) which unit each leaf belongs to
    node        (leaves,) its number among all nodes
    count       (leaves,) how many columns its path asks about
    column      (leaves, most) these columns
    cover       (leaves, most) the share of the data that keeps to the path in each of them
    care, want  (leaves, most) a row keeps to the path in a column if its code has the bits `want` out of `care`
    """

    conditions: Conditions
    asked: Array
    unit: Array
    node: Array
    count: Array
    column: Array
    cover: Array
    care: Array
    want: Array


Leaf = tuple[int, dict[int, float], dict[int, tuple[int, int]]]  #: node, column -> share, column -> (care, want)
Unit = tuple[list[tuple[int, Span]], list[Leaf]]  #: conditions, leaves


def units_of(trees: Trees) -> dict[int, Units]:
    """Number of bits -> units: as many leaves in each as `BITS` conditions allow.

    A leaf whose path asks about more columns is a unit of its own, with a condition for each.
    """
    grown: dict[int, _Grown] = {}
    cutter = _Cutter(trees)
    for root in trees.roots.tolist():
        for conditions, leaves in cutter.cut(root):
            bits = max(BITS, len(conditions))
            grown.setdefault(bits, _Grown(bits)).add(conditions, leaves)
    return {bits: grown[bits].packed() for bits in sorted(grown)}


class _Cutter:
    """Trees, each cut from the root down. Numbers of single nodes are read from lists, which is quicker."""

    def __init__(self, trees: Trees) -> None:
        self.subsets, self.sizes = trees.subsets, trees.sizes.tolist()
        self.feature, self.left, self.right = trees.feature.tolist(), trees.left.tolist(), trees.right.tolist()
        self.missing_left, self.places = trees.missing_left.tolist(), trees.places.tolist()
        below = trees.feature >= 0
        left, right = np.where(below, trees.left, 0), np.where(below, trees.right, 0)
        self.share = share_left(trees.cover[left], trees.cover[right]).tolist()
        self.inner = [0] * len(self.feature)

    def cut(self, root: int) -> Iterator[Unit]:
        """The units of the tree that begins at a node."""
        self._count(root)
        waiting: list[tuple[int, dict[int, Span], dict[int, float]]] = [(root, {}, {})]
        while waiting:
            node, path, shares = waiting.pop()
            if self.inner[node] and len(path) + self.inner[node] > BITS:
                waiting += [
                    (below, path | {column: self.meet(path.get(column), node, left)}, shares | {column: share})
                    for below, left, column, share in self.sides(node, shares)
                ]
            else:
                yield self._unit(node, path, shares)

    def _count(self, root: int) -> None:
        """How many inner nodes are below each node, itself among them."""
        order = [root]
        for node in order:
            if self.feature[node] >= 0:
                order += [self.right[node], self.left[node]]
        for node in reversed(order):
            if self.feature[node] >= 0:
                self.inner[node] = 1 + self.inner[self.left[node]] + self.inner[self.right[node]]

    def sides(self, node: int, shares: Mapping[int, float]) -> Iterator[tuple[int, bool, int, float]]:
        """(node below, whether it is the left one, column, share of the data that keeps to it in this column)."""
        column, share = self.feature[node], self.share[node]
        before = shares.get(column, 1.0)
        yield self.right[node], False, column, before * (1 - share)
        yield self.left[node], True, column, before * share

    def meet(self, span: Span | None, node: int, left: bool) -> Span:
        """What keeps to a path that goes on to one side of a node."""
        column = self.feature[node]
        missing = self.missing_left[node] == left and (span is None or span.missing)
        if node in self.subsets:
            subset = self.subsets[node]
            padded = np.append(subset, np.repeat(subset[-1], self.sizes[column] - len(subset)))
            known = padded == left
            return Span(0, 0, known if span is None or span.known is None else known & span.known, missing)
        low, high = (0, self.sizes[column] - 1) if span is None else (span.low, span.high)
        place = self.places[node]
        return Span(low, min(high, place), None, missing) if left else Span(max(low, place + 1), high, None, missing)

    def _unit(self, top: int, path: dict[int, Span], shares: dict[int, float]) -> Unit:
        conditions = list(path.items())
        met = {column: (1 << bit, 1 << bit) for bit, column in enumerate(path)}
        leaves: list[Leaf] = []
        waiting = [(top, shares, met)]
        while waiting:
            node, shares, met = waiting.pop()
            if self.feature[node] < 0:
                leaves.append((node, shares, met))
                continue
            bit = 1 << len(conditions)
            conditions.append((self.feature[node], self.meet(None, node, True)))
            for below, left, column, share in self.sides(node, shares):
                care, want = met.get(column, (0, 0))
                ends = {column: (care | bit, want | bit if left else want)}
                waiting.append((below, shares | {column: share}, met | ends))
        return conditions, leaves


class _Grown:
    """Units of one number of bits as they come, in flat lists: small objects that are kept cost more than the trees."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.asked: list[int] = []
        self.leaves: list[int] = []
        self.spans: dict[str, list[int]] = {name: [] for name in ("column", "low", "width", "missing")}
        self.coded: list[int] = []
        self.known: list[Array] = []
        self.node: list[int] = []
        self.count: list[int] = []
        self.paths: dict[str, list[Any]] = {name: [] for name in ("column", "cover", "care", "want")}

    def add(self, conditions: list[tuple[int, Span]], leaves: list[Leaf]) -> None:
        """One more unit."""
        begin = len(self.asked) * self.bits
        self.asked.append(len(conditions))
        self.leaves.append(len(leaves))
        for bit, (column, span) in enumerate(conditions):
            row = (column, span.low, max(0, span.high + 1 - span.low), span.missing)
            for each, value in zip(self.spans.values(), row, strict=True):
                each.append(value)
            if span.known is not None:
                self.coded.append(begin + bit)
                self.known.append(span.known)
        for node, shares, met in leaves:
            self.node.append(node)
            self.count.append(len(shares))
            self.paths["column"] += shares
            self.paths["cover"] += shares.values()
            if self.bits <= BITS:  # a deep leaf's columns are its conditions, in order
                self.paths["care"] += [met[column][0] for column in shares]
                self.paths["want"] += [met[column][1] for column in shares]

    def packed(self) -> Units:
        """The same as arrays."""
        count, asked = np.array(self.count), np.array(self.asked)
        column, cover, care, want = (_ragged(values, count) for values in self.paths.values())
        unit = np.repeat(np.arange(len(asked)), self.leaves)
        conditions = self._conditions(asked)
        return Units(conditions, asked, unit, np.array(self.node), count, column, cover, care, want)

    def _conditions(self, asked: Array) -> Conditions:
        column, low, width, missing = (_ragged(values, asked, self.bits) for values in self.spans.values())
        table = np.zeros((len(self.known), max([1, *map(len, self.known)])), dtype=bool)
        for row, own in zip(table, self.known, strict=True):
            row[: len(own)] = own
        return Conditions(column, low, width, missing.astype(bool), np.array(self.coded, dtype=np.int64), table)


def _ragged(values: list[Any], count: Array, most: int = 1) -> Array:
    """(rows, most) values in rows of so many each, zeros behind them."""
    flat = np.array(values or [0])
    found = np.zeros((len(count), max(most, int(count.max(initial=0)))), dtype=flat.dtype)
    if values:
        found[np.arange(found.shape[1]) < count[:, None]] = flat
    return found
