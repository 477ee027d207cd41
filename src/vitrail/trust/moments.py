"""Means and covariances of activations, added up batch after batch."""

import numpy as np

from vitrail.explanation import Array


class Moments:
    """Sums of rows by class, of their outer products, and of their products with the logits.

    count    (classes,) rows of each class
    total    (classes, units) their sums
    outer    (units, units) the sum of the outer products of all rows
    crossed  (units, outputs) the sum of the outer products of rows and logits

    Sums are taken of rows less the mean of the first batch, `origin`: with a mean that is large beside the spread,
    the covariance would be a small difference of large numbers.
    """

    def __init__(self, classes: int, first: Array, outputs: int) -> None:
        units = first.shape[1]
        self.origin = first.mean(0, dtype=np.float64)
        self.count, self.total = np.zeros(classes), np.zeros((classes, units))
        self.outer, self.crossed = np.zeros((units, units)), np.zeros((units, outputs))

    def add(self, rows: Array, classes: Array, logits: Array) -> None:
        """Take in rows (n, units) with their classes (n,) and logits (n, outputs)."""
        away = rows.astype(np.float64) - self.origin
        mine = np.eye(len(self.count))[classes]  # (n, classes)
        self.count += mine.sum(0)
        self.total += mine.T @ away
        self.outer += away.T @ away
        self.crossed += away.T @ logits.astype(np.float64)

    @property
    def rows(self) -> float:
        return float(self.count.sum())

    @property
    def mean(self) -> Array:
        """(units,) less the origin."""
        return np.asarray(self.total.sum(0) / self.rows)

    def means(self) -> Array:
        """(classes seen, units) where the classes that were seen have their centres."""
        seen = self.count > 0
        return np.asarray(self.origin + self.total[seen] / self.count[seen, None])

    def within(self) -> Array:
        """(units, units) the covariance of rows around the mean of their class."""
        seen = self.count > 0
        between = (self.total[seen] / self.count[seen, None]).T @ self.total[seen]
        return np.asarray((self.outer - between) / self.rows)

    def around(self, point: Array) -> Array:
        """(units, units) the mean outer product of rows less a point (units,)."""
        shift = point - self.origin
        crossing = np.outer(shift, self.mean)
        return np.asarray(self.outer / self.rows - crossing - crossing.T + np.outer(shift, shift))
