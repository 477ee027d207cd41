"""Ensembles of trees from any library, read once: what each node asks, and what each leaf says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Columns:
    """The columns that an ensemble reads.

    count       how many
    names       as in training; () when it was trained on arrays
    categories  column number -> its categories, in the order of their codes
    coded       whether arrays hold codes; else they hold the categories themselves
    missing     whether NaN may stand for a value that is missing
    hole        a number that stands for it as well; NaN where there is none
    """

    count: int
    names: tuple[str, ...] = ()
    categories: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)
    coded: bool = True
    missing: bool = True
    hole: float = np.nan


@dataclass(frozen=True, eq=False)
class Trees:
    """The nodes of all trees, one after the other; a row goes left where x <= threshold, or where its code is in a set.

    feature       (nodes,) the column that a node asks about; -1 at leaves
    threshold     (nodes,) float64
    left, right   (nodes,) the numbers of the two nodes below
    missing_left  (nodes,) whether a missing value goes left
    cover         (nodes,) how much training data passed, as the library weighs it
    value         (nodes, outputs) what a leaf adds to each output
    roots         (trees,) where each tree begins
    features      how many columns there are
    single        whether the library reads x in float32
    subsets       node -> (codes + 1,) bool: which codes go left; the last for all codes that are not known
    gaps          (features,) what stands for missing: 0 NaN, 1 nothing (NaN counts as 0), 2 NaN and 0
    base          (outputs,) what is added to the sum of the trees
    """

    feature: Array
    threshold: Array
    left: Array
    right: Array
    missing_left: Array
    cover: Array
    value: Array
    roots: Array
    features: int
    single: bool
    subsets: Mapping[int, Array] = field(default_factory=dict)
    gaps: Array | None = None
    base: Array = field(default_factory=lambda: np.zeros(1))

    @cached_property
    def cuts(self) -> list[Array]:
        """The thresholds of each column, from low to high."""
        inner = np.flatnonzero(self.feature >= 0)
        numeric = inner[~np.isin(inner, list(self.subsets))]
        order = numeric[np.argsort(self.feature[numeric], kind="stable")]
        ends = np.searchsorted(self.feature[order], np.arange(self.features + 1))
        return [np.unique(self.threshold[order[a:b]]) for a, b in zip(ends, ends[1:], strict=False)]

    @cached_property
    def places(self) -> Array:
        """(nodes,) the place of each threshold among those of its column: left where rank <= place."""
        found = np.zeros(len(self.feature), dtype=np.int64)
        for column, cuts in enumerate(self.cuts):
            own = self.feature == column
            found[own] = np.searchsorted(cuts, self.threshold[own])
        return found

    @cached_property
    def sizes(self) -> Array:
        """(features,) how many ranks a column has; the codes and one for all others, for categories."""
        found = np.array([len(cuts) + 1 for cuts in self.cuts])
        for node, subset in self.subsets.items():
            found[self.feature[node]] = max(len(subset), found[self.feature[node]])
        return found

    @cached_property
    def kind(self) -> Any:
        """The unsigned type that holds every rank; its largest value stands for missing."""
        return np.uint16 if self.sizes.max(initial=0) < 2**16 - 2 else np.uint32

    def ranked(self, x: Array) -> Array:
        """(features, rows) how many thresholds are below each value, or its code; x (rows, features)."""
        columns = x.astype(np.float32).astype(np.float64) if self.single else x.astype(np.float64)
        columns = self._without_gaps(columns).T
        coded = {int(self.feature[node]) for node in self.subsets}
        missing = np.iinfo(self.kind).max
        made = np.empty(columns.shape, dtype=self.kind)
        for number, column in enumerate(columns):
            gone = np.isnan(column)
            if number in coded:
                other = self.sizes[number] - 1
                codes = np.where(gone, 0, column).clip(-1, other).astype(np.int64)
                ranks = np.where(codes < 0, other, codes)
            else:
                ranks = np.searchsorted(self.cuts[number], column)
            made[number] = np.where(gone, missing, ranks)
        return made

    def _without_gaps(self, columns: Array) -> Array:
        """NaN where a value is missing, and only there."""
        if self.gaps is None:
            return columns
        columns = np.where((self.gaps == 1) & np.isnan(columns), 0.0, columns)
        return np.where((self.gaps == 2) & (np.abs(columns) <= 1e-35), np.nan, columns)

    def __call__(self, x: Array) -> Array:
        """(rows, outputs) the sum of the trees and the base, in float64."""
        ranks, rows = self.ranked(x), np.arange(len(x))
        total = np.tile(self.base, (len(x), 1))
        for root in self.roots:
            total += self.value[self._leaves(int(root), ranks, rows)]
        return total

    def _leaves(self, root: int, ranks: Array, rows: Array) -> Array:
        """(rows,) the leaf that each row ends in."""
        at = np.full(len(rows), root)
        while (inner := self.feature[at] >= 0).any():
            here, mine = at[inner], rows[inner]
            rank = ranks[self.feature[here], mine]
            left = np.where(rank == np.iinfo(self.kind).max, self.missing_left[here], rank <= self.places[here])
            for k in np.flatnonzero(np.isin(here, list(self.subsets))) if self.subsets else ():
                left[k] = self._in_subset(int(here[k]), int(rank[k]))
            at[inner] = np.where(left, self.left[here], self.right[here])
        return at

    def _in_subset(self, node: int, rank: int) -> bool:
        if rank == np.iinfo(self.kind).max:
            return bool(self.missing_left[node])
        subset = self.subsets[node]
        return bool(subset[min(rank, len(subset) - 1)])

    @cached_property
    def reach(self) -> Array:
        """(nodes,) the share of the training data of its tree that passes a node."""
        found = np.ones(len(self.feature))
        here = self.roots
        while len(here := here[self.feature[here] >= 0]):
            left, right = self.left[here], self.right[here]
            shares = share_left(self.cover[left], self.cover[right])
            found[left], found[right] = found[here] * shares, found[here] * (1 - shares)
            here = np.concatenate([left, right])
        return found

    @property
    def expected(self) -> Array:
        """(outputs,) the mean of the ensemble over the training data, as the covers say it."""
        leaves = self.feature < 0
        passed = np.where(leaves, self.reach, 0.0)[:, None] * self.value
        return np.asarray(passed.sum(0) + self.base)


def share_left(left: Array, right: Array) -> Array:
    """What share goes left; one half where nothing passed at all."""
    both = left + right
    return np.where(both > 0, left / np.where(both > 0, both, 1), 0.5)


def joined(parts: Sequence[Mapping[str, Any]], outputs: Sequence[int], count: int) -> dict[str, Any]:
    """Trees one after the other, as fields of `Trees`: each adds to one output out of so many.

    parts  for each tree the fields of its nodes, which are numbered from 0; `value` (nodes,)
    """
    starts = np.cumsum([0, *(len(part["feature"]) for part in parts)])
    whole: dict[str, Any] = {key: np.concatenate([part[key] for part in parts]) for key in parts[0] if key != "subsets"}
    for side in ("left", "right"):
        whole[side] = np.concatenate([part[side] + start for part, start in zip(parts, starts, strict=False)])
    values = np.zeros((starts[-1], count))
    values[np.arange(starts[-1]), np.repeat(outputs, np.diff(starts))] = whole["value"]
    numbered = zip(parts, starts.tolist(), strict=False)
    subsets = {node + start: subset for part, start in numbered for node, subset in part["subsets"].items()}
    return whole | {"value": values, "roots": starts[:-1], "subsets": subsets, "base": np.zeros(count)}
