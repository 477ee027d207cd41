"""How rare the path is that an example takes through the clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.reading import Reading

PRIOR = 1.0  #: made-up examples that are spread over the clusters wherever a path comes to


@dataclass(frozen=True, eq=False)
class Path:
    """Path rarity under the predicted class: a Markov chain over the layers, with additive smoothing.

        - log P(c_1 | y) - sum_l log P(c_l | c_(l-1), y),   P(c | seen) = (count(c, seen) + a / C) / (count(seen) + a)

    counts    (layers, classes, clusters, clusters) int64: examples of the class that went from one cluster to the
              next; at the first layer they all come from cluster 0
    clusters  (layers,) how many there are at each layer, C

    y is the predicted class, c_l the cluster at layer l, a the prior of one example. A step that nobody took costs
    log(C (count + 1)), not infinity; a class that nobody was put in makes all paths alike.

    Smoothing as in Perks, "Some observations on inverse probability including a new indifference rule", 1947.
    """

    counts: Array
    clusters: Array

    @staticmethod
    def empty(classes: int, clusters: Sequence[int]) -> "Path":
        most = max(clusters)
        return Path(np.zeros((len(clusters), classes, most, most), np.int64), np.array(clusters, np.int64))

    def add(self, reading: Reading) -> None:
        """Count the paths of a batch."""
        for layer, (before, now) in enumerate(moves(reading)):
            np.add.at(self.counts[layer], (reading.predicted, before, now), 1)

    def terms(self, reading: Reading) -> Array:
        """(n, layers) what each step adds, in nats."""
        return np.stack(
            [
                -np.log(smoothed(self.counts[layer], self.clusters[layer], reading.predicted, before, now))
                for layer, (before, now) in enumerate(moves(reading))
            ],
            1,
        )

    def shares(self, reading: Reading) -> Array:
        """(n, layers) the share of the training examples of the predicted class that are in the same cluster."""
        into = self.counts.sum(2)  # (layers, classes, clusters)
        at = np.arange(len(self.clusters)), reading.predicted[:, None]
        return np.asarray(into[(*at, reading.clusters)] / np.maximum(into[at].sum(2), 1))

    def steps(self, reading: Reading) -> Array:
        """(n, layers) the share of those of the predicted class in the same cluster before that took the same step."""
        found = []
        for layer, (before, now) in enumerate(moves(reading)):
            here = self.counts[layer, reading.predicted, before]  # (n, to)
            found.append(here[np.arange(len(now)), now] / np.maximum(here.sum(1), 1))
        return np.stack(found, 1)

    def __call__(self, reading: Reading) -> Array:
        return np.asarray(self.terms(reading).sum(1))


def moves(reading: Reading) -> list[tuple[Array, Array]]:
    """(cluster before, cluster now) at each layer, (n,) each; before the first layer everybody is in cluster 0."""
    columns = list(reading.clusters.T)
    return list(zip([np.zeros_like(columns[0]), *columns], columns, strict=False))


def smoothed(counts: Array, clusters: int, predicted: Array, before: Array, now: Array) -> Array:
    """(n,) the smoothed share of those who came from `before` and went on to `now`; counts (classes, from, to)."""
    here = counts[predicted, before]  # (n, to)
    return np.asarray((here[np.arange(len(now)), now] + PRIOR / clusters) / (here.sum(1) + PRIOR))
