"""A few of very many rows, each as likely as any other."""

from collections.abc import Mapping

import numpy as np

from vitrail.explanation import Array


class Reservoir:
    """The rows whose random keys come out smallest: a uniform sample without replacement, whatever the batches   [1].

    size   rows kept at most
    seed   of the keys

    The keys know nothing of the rows, so what is kept of exchangeable rows is exchangeable.

    [1] Cohen, Kaplan, "Summarizing data using bottom-k sketches", 2007
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.random = size, np.random.default_rng(seed)
        self.keys = np.zeros(0)
        self.rows: dict[str, Array] = {}

    def add(self, rows: Mapping[str, Array]) -> None:
        """Take in a batch: arrays that share their first axis."""
        count = len(next(iter(rows.values())))
        keys = np.concatenate([self.keys, self.random.random(count)])
        kept = np.sort(np.argpartition(keys, self.size)[: self.size]) if len(keys) > self.size else np.arange(len(keys))
        old, new = kept[kept < len(self.keys)], kept[kept >= len(self.keys)] - len(self.keys)
        for name, array in rows.items():
            before = self.rows.get(name, array[:0])
            self.rows[name] = np.concatenate([before[old], array[new]])
        self.keys = keys[kept]
