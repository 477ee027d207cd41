"""How far the nearest training examples are."""

from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array

K = 10  #: which neighbour; [1] takes 10 where the bank is a sample of about 10,000
AT_ONCE = 1024  #: examples whose distances to the whole bank are held together


@dataclass(frozen=True, eq=False)
class Knn:
    """Distance to the k-th nearest training example, on the unit sphere   [1].

        || z - z_(k) ||,   z = x / ||x||

    bank  (m, units) normalised features of a sample of training examples

    k = 10 of at most 10,000 examples; the last where there are fewer.

    [1] Sun, Ming, Zhu, Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", 2022, section 3 and algorithm 1
    """

    bank: Array

    @staticmethod
    def of(rows: Array) -> "Knn":
        return Knn(on_sphere(rows))

    def __call__(self, rows: Array) -> Array:
        """(n,) from features (n, units)."""
        parts = [self.farthest(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def farthest(self, rows: Array) -> Array:
        z, bank = on_sphere(rows), self.bank
        squares = (z**2).sum(1)[:, None] - 2 * z @ bank.T + (bank**2).sum(1)
        place = min(K, len(bank)) - 1
        return np.sqrt(np.maximum(np.partition(squares, place, 1)[:, place], 0)).astype(np.float64)


def on_sphere(rows: Array) -> Array:
    """Rows of length 1; those of length 0 stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, np.finfo(np.float32).tiny))
