"""Shapley values of an ensemble of trees: a table for each unit, in which a row looks up what its code says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from vitrail.games.tree_kernel import between, interactions, pairs, shapley
from vitrail.games.tree_units import BITS, Conditions, Units
from vitrail.model.trees import Trees

Array = np.ndarray[Any, Any]
LEAVES = 128  #: leaves whose tables are made at a time
HELD = 2**18  #: answers that are held at a time


@dataclass(frozen=True, eq=False)
class Shares:
    """The Shapley values (or interactions) of one output of an ensemble, for any rows.

    columns  (places, 1), or (places, 2) for interactions: to whom each place of the answer belongs
    empty    what the output is when no column is known
    parts    what is added up: each adds its own to (places, rows), in the same order for every row
    bytes    how much memory the tables take
    """

    columns: Array
    empty: float
    parts: tuple[Callable[[Array, Array], None], ...]
    bytes: int

    def __call__(self, ranks: Array) -> Array:
        """(places, rows); ranks (columns, rows) as Trees.ranked gives. A row gets the same bytes among any others."""
        total = np.zeros((len(self.columns), ranks.shape[1]))
        for part in self.parts:
            part(ranks, total)
        return total


def shares_of(trees: Trees, units: Mapping[int, Units], output: int, background: Array | None, paired: bool) -> Shares:
    """What every column adds to an output, exactly: column by column, or for every two.

    background  (rows, columns) what absent columns are taken from; None: the training data, as the covers say
    """
    size = 1 + paired
    kept = {bits: _leaves(own, trees.value[own.node, output], size) for bits, own in units.items()}
    owners = [
        _owners(own, leaves, paired, trees.features) for own, leaves in zip(units.values(), kept.values(), strict=True)
    ]
    places = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(part.ravel() for part in owners)]))
    places = places[places >= 0]
    ranks = None if background is None else trees.ranked(background)
    parts: list[Any] = []
    for (bits, own), leaves, owner in zip(units.items(), kept.values(), owners, strict=True):
        if len(leaves):
            asked = _Asked(own, leaves, trees.value[own.node[leaves], output], np.searchsorted(places, owner), paired)
            parts.append(_tables(asked, ranks) if bits <= BITS else Deep(asked, ranks))
    columns = np.stack([places // trees.features, places % trees.features], 1) if paired else places[:, None]
    empty = float(trees.expected[output] if background is None else trees(background)[:, output].mean())
    return Shares(columns, empty, tuple(parts), sum(part.bytes for part in parts))


def _leaves(units: Units, value: Array, size: int) -> Array:
    """Those that can give something: with a value, and with enough columns on their path."""
    return np.flatnonzero((value != 0) & (units.count >= size))


def _owners(units: Units, leaves: Array, paired: bool, features: int) -> Array:
    """(leaves, most) the column, or the two as one number, behind each share of a leaf; -1 behind the last."""
    column, count = units.column[leaves], units.count[leaves]
    if not paired:
        return np.where(np.arange(column.shape[1]) < count[:, None], column, -1)
    most = column.shape[1]
    found = np.full((len(leaves), most * (most - 1) // 2), -1)
    for many in np.unique(count):
        own = np.flatnonzero(count == many)
        for k, (i, j) in enumerate(pairs(int(many))):
            one, other = column[own, i], column[own, j]
            found[own, k] = np.minimum(one, other) * features + np.maximum(one, other)
    return found


@dataclass(frozen=True, eq=False)
class _Asked:
    """Leaves of units, their values, and the place in the answer of each of their shares (leaves, most)."""

    units: Units
    leaves: Array
    value: Array
    place: Array
    paired: bool

    def kernel(self, a: Array, r: Array) -> Array:
        return interactions(a, r) if self.paired else shapley(a, r)

    def alike(self) -> Iterator[tuple[int, int, Array]]:
        """(columns, bits asked, which of the leaves): a few with equally many of both at a time."""
        count, asked = self.units.count[self.leaves], self.units.asked[self.units.unit[self.leaves]]
        for columns in np.unique(count):
            for bits in np.unique(asked[count == columns]):
                which = np.flatnonzero((count == columns) & (asked == bits))
                for at in range(0, len(which), LEAVES):
                    yield int(columns), int(bits), which[at : at + LEAVES]


# -- a table for every unit -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tables:
    """For each unit and place a table by code, one after the other.

    conditions  of the units
    unit        (tables,) which unit each belongs to, in order
    place       (tables,) where in the answer its numbers go
    start       (tables + 1,) where it begins
    flat        all numbers
    """

    conditions: Conditions
    unit: Array
    place: Array
    start: Array
    flat: Array

    @property
    def bytes(self) -> int:
        return self.flat.nbytes

    def __call__(self, ranks: Array, total: Array) -> None:
        rows, units = ranks.shape[1], len(self.conditions.column)
        block = max(1, HELD // (BITS * rows))
        for begin in range(0, units, block):
            end = min(units, begin + block)
            codes = coded(self.conditions.answers(ranks, begin, end))
            first, last = np.searchsorted(self.unit, (begin, end))
            at = codes[self.unit[first:last] - begin]
            at += self.start[first:last, None]
            found = torch.from_numpy(np.take(self.flat, at, mode="clip"))
            torch.from_numpy(total).index_add_(0, torch.from_numpy(self.place[first:last]), found)


def coded(answers: Array) -> Array:
    """(units, rows) the answers (units, bits, rows) as one number each, the first the lowest bit."""
    bits = answers.view(np.uint8)
    code = bits[:, 0].copy()
    for k in range(1, bits.shape[1]):
        code |= bits[:, k] << np.uint8(k)
    return code.astype(np.intp)


def _tables(asked: _Asked, background: Array | None) -> Tables:
    units, place = asked.units, asked.place
    which, unit = np.unique(units.unit[asked.leaves], return_inverse=True)
    conditions, bits = units.conditions.of(which), units.asked[which]
    size = int(place.max(initial=0)) + 1
    valid = np.arange(place.shape[1]) < (_pairs(units.count) if asked.paired else units.count)[asked.leaves][:, None]
    keys = unit[:, None] * size + place
    tables = np.unique(keys[valid])
    start = np.concatenate([[0], np.cumsum(1 << bits[tables // size])])
    begin = start[np.searchsorted(tables, np.where(valid, keys, tables[0]))]  # (leaves, most)
    flat = np.zeros(start[-1])
    codes = None if background is None else coded(conditions.answers(background, 0, len(which)))
    for columns, wide, some in asked.alike():
        leaf, code = asked.leaves[some], np.arange(1 << wide)
        pattern = _patterns(units.care[leaf], units.want[leaf], columns, code)  # (leaves, codes)
        if codes is None:
            values = asked.kernel(_bits(columns)[:, :, None], units.cover[leaf, :columns].T[:, None])
        else:
            seen = np.take_along_axis(pattern, codes[unit[some]], 1)
            values = _over(seen, columns, asked.paired)
        values = values * asked.value[some]  # (shares, patterns, leaves)
        for share, each in enumerate(values):
            laid = each[pattern, np.arange(len(some))[:, None]]
            np.add.at(flat, (begin[some, share][:, None] + code).ravel(), laid.ravel())
    return Tables(conditions, tables // size, tables % size, start, flat)


def _pairs(count: Array) -> Array:
    return np.asarray(count * (count - 1) // 2)


def _patterns(care: Array, want: Array, columns: int, code: Array) -> Array:
    """(leaves, codes) in which columns a row with this code keeps to the path of the leaf, the first the lowest bit."""
    found = np.zeros((len(care), len(code)), dtype=np.int64)
    for j in range(columns):
        found |= ((code & care[:, j, None]) == want[:, j, None]).astype(np.int64) << j
    return found


@cache
def _bits(columns: int) -> Array:
    """(columns, 2**columns) every pattern."""
    return np.asarray(np.arange(1 << columns) >> np.arange(columns)[:, None] & 1, dtype=bool)


def _over(seen: Array, columns: int, paired: bool) -> Array:
    """(shares, patterns, leaves) the mean over the background, whose rows have the patterns seen (leaves, rows)."""
    many = 1 << columns
    counts = np.zeros((len(seen), many))
    np.add.at(counts, (np.arange(len(seen))[:, None], seen), 1 / seen.shape[1])
    shares = (columns * (columns - 1) // 2) if paired else columns
    total = np.zeros((shares, many, len(seen)))
    for r in np.flatnonzero(counts.any(0)):
        able = np.flatnonzero(np.arange(many) | r == many - 1)  # elsewhere both leave the path: nothing is shared
        total[:, able] += _by_pattern(columns, paired)[:, able, r, None] * counts[:, r]
    return total


@cache
def _by_pattern(columns: int, paired: bool) -> Array:
    """(shares, patterns, patterns) of a row and of what stands in for it."""
    a, r = _bits(columns)[:, :, None], _bits(columns)[:, None].astype(np.float64)
    return interactions(a, r) if paired else shapley(a, r)


# -- leaves whose paths ask about many columns ------------------------------------------------------------------


class Deep:
    """Leaves with one number of columns, more than a table can hold: each row on its own."""

    def __init__(self, asked: _Asked, background: Array | None) -> None:
        units = asked.units
        self.asked = asked
        self.conditions = units.conditions.of(units.unit[asked.leaves])
        self.cover = units.cover[asked.leaves]
        self.seen = None if background is None else self.conditions.answers(background, 0, len(asked.leaves))
        self.bytes = self.cover.nbytes + (0 if self.seen is None else self.seen.nbytes)

    def __call__(self, ranks: Array, total: Array) -> None:
        rows, leaves = ranks.shape[1], len(self.asked.leaves)
        each = self.cover.shape[1] * rows * (1 if self.seen is None else self.seen.shape[2])
        block = max(1, HELD // each)
        for begin in range(0, leaves, block):
            end = min(leaves, begin + block)
            answers = self.conditions.answers(ranks, begin, end).swapaxes(0, 1)
            values = self._by_cover(answers, begin, end) if self.seen is None else self._over(answers, begin, end)
            for leaf in range(begin, end):
                for place, value in zip(self.asked.place[leaf], values[:, leaf - begin], strict=True):
                    total[place] += self.asked.value[leaf] * value

    def _by_cover(self, a: Array, begin: int, end: int) -> Array:
        """(shares, leaves, rows) of leaves whose value is 1; a (columns, leaves, rows)."""
        return self.asked.kernel(a, self.cover[begin:end].T[:, :, None])

    def _over(self, a: Array, begin: int, end: int) -> Array:
        """The same, the mean over the background: of each row with those that do not both leave the path."""
        assert self.seen is not None
        seen = self.seen[begin:end].swapaxes(0, 1)
        leaf, row, other = np.nonzero((a[:, :, :, None] | seen[:, :, None]).all(0))
        values = between(a[:, leaf, row], seen[:, leaf, other], self.asked.paired) / seen.shape[2]
        at, (leaves, rows) = leaf * a.shape[2] + row, a.shape[1:]
        return np.stack([np.bincount(at, value, leaves * rows).reshape(leaves, rows) for value in values])
