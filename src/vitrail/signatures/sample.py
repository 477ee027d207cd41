"""A few of very many examples: each is as likely as any other, whatever the batches and their order."""

from collections.abc import Mapping, Sequence

import numpy as np

from vitrail.explanation import Array

MOST = 2000  #: examples in a sample
NUMBERS = 2**25  #: numbers that a sample holds at most, 128 MiB of them


class Sample:
    """The examples whose numbers, hashed with the seed, come out smallest: a uniform sample without replacement   [1].

    size   examples kept at most; `fitting` gives one for wide layers
    seed   another one, another sample

    The hash is of the number of an example, so the sample is the same in any order, in one batch or in many, and of
    two networks that read the same examples.

    [1] Cohen, Kaplan, "Summarizing data using bottom-k sketches", 2007; the hash is SplitMix64 of Steele, Lea, Flood,
        "Fast splittable pseudorandom number generators", 2014
    """

    def __init__(self, layers: Sequence[str], size: int = MOST, seed: int = 0) -> None:
        self.size, self.seed = size, seed
        self.rows = np.zeros(0, np.int64)
        self.parts: dict[str, list[Array]] = {layer: [] for layer in layers}

    def add(self, rows: Array, activations: Mapping[str, Array]) -> None:
        """Take in a batch: rows (n,) and layer -> (n, units)."""
        rows = np.concatenate([self.rows, rows])
        kept = np.sort(np.argsort(hashed(rows, self.seed), kind="stable")[: self.size])
        before, after = kept[kept < len(self.rows)], kept[kept >= len(self.rows)] - len(self.rows)
        for layer, parts in self.parts.items():
            old = parts[0][before] if parts else activations[layer][:0]
            parts[:] = [np.concatenate([old, activations[layer][after]])]
        self.rows = rows[kept]

    def taken(self) -> tuple[Array, dict[str, Array]]:
        """(rows, layer -> (rows, units)), in the order of the rows."""
        order = np.argsort(self.rows)
        return self.rows[order], {layer: parts[0][order] for layer, parts in self.parts.items()}


def fitting(units: int) -> int:
    """How many examples of so many units, over all layers, are held."""
    return max(2, min(MOST, NUMBERS // max(units, 1)))


def hashed(rows: Array, seed: int) -> Array:
    """(n,) uint64 that look random, the same ones for the same rows and seed."""
    start = 0x9E3779B97F4A7C15 * (seed + 1) % 2**64
    mixed = hashed_once(rows.astype(np.uint64) + np.uint64(start))
    return hashed_once(mixed + np.uint64(start))


def hashed_once(mixed: Array) -> Array:
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
