"""How far an example is from the centres of its clusters, beside the training examples in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.reading import Reading

GRID = np.linspace(0, 1, 201)  #: shares at which distances are kept
USUAL, LARGE = 100, 180  #: where the grid says one half, and nine in ten
FEWEST = 20  #: of fewer examples in a cluster, those of all its layer are taken


@dataclass(frozen=True, eq=False)
class Distance:
    """Distance to the assigned centres, beside that of the training examples in the same cluster.

        mean over layers of  (d_l - q50) / (q90 - q50)

    quantiles  (layers, clusters, 201) the distances of training examples to the centre of their cluster, at the shares
               0, 0.005 ... 1

    d_l is the Euclidean distance at layer l; q50 and q90 are the median and the 90 % quantile in its cluster. Medians
    and quantiles, not means and variances, so that a few odd training examples do not hide others.
    """

    quantiles: Array

    @staticmethod
    def of(clusters: Array, distances: Array, counts: Sequence[int]) -> "Distance":
        """From training examples: their clusters (n, layers) and distances (n, layers)."""
        found = np.zeros((len(counts), max(counts), len(GRID)))
        for layer, count in enumerate(counts):
            for cluster in range(count):
                mine = distances[clusters[:, layer] == cluster, layer]
                found[layer, cluster] = np.quantile(mine if len(mine) >= FEWEST else distances[:, layer], GRID)
        return Distance(found)

    def at(self, reading: Reading) -> Array:
        """(n, layers, 201) the quantiles of the clusters that examples are in."""
        return np.asarray(self.quantiles[np.arange(len(self.quantiles)), reading.clusters])

    def terms(self, reading: Reading) -> Array:
        """(n, layers) the standardised distances."""
        here = self.at(reading)
        usual = here[:, :, USUAL]
        least = np.maximum(1e-6 * np.abs(usual), 1e-12)  # where all training examples are equally far
        return np.asarray((reading.distances - usual) / np.maximum(here[:, :, LARGE] - usual, least))

    def beyond(self, reading: Reading) -> Array:
        """(n, layers) the share of training examples in the same cluster that are nearer to its centre."""
        below = (self.at(reading) < reading.distances[:, :, None]).sum(2)
        return np.asarray(GRID[np.maximum(below - 1, 0)])

    def __call__(self, reading: Reading) -> Array:
        return np.asarray(self.terms(reading).mean(1))
