"""The clusters of every layer: learnt on the examples of the fit, and followed by all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vitrail.explanation import Array
from vitrail.signatures.bins import Bins, codes
from vitrail.signatures.clusters import assigned, centroids, in_order
from vitrail.signatures.known import FIT, Known, picked

BYTES = 2**25  #: of one layer that k-means sees at most (16,384 examples of 512 units); of more it sees a sample


@dataclass(frozen=True, eq=False)
class Paths:
    """The centroids of each layer, and the edges of its bins: all that a signature is read with.

    centroids  layer -> (clusters, units)
    edges      layer -> (units, bins - 1); empty without bins
    """

    centroids: Mapping[str, Array]
    edges: Mapping[str, Array]

    @property
    def counts(self) -> list[int]:
        """How many clusters each layer has."""
        return [len(means) for means in self.centroids.values()]

    def coded(self, layer: str, values: Array) -> Array:
        """What is clustered at a layer: the values, or the codes of their bins."""
        if layer not in self.edges or values.dtype.kind in "iu":
            return values
        return codes(values, self.edges[layer])

    def of(self, activations: Mapping[str, Array]) -> tuple[Array, Array]:
        """(n, layers) int32 the cluster at each layer, and (n, layers) float32 the distance to its centroid."""
        pairs = [assigned(self.coded(name, activations[name]), means) for name, means in self.centroids.items()]
        return np.stack([pair[0] for pair in pairs], 1), np.stack([pair[1] for pair in pairs], 1)


def clustered(known: Known, counts: Sequence[int | str], bins: Bins | None, seed: int) -> Paths:
    """Edges and centroids, learnt layer by layer on the examples of the fit, or a sample of them that fits memory."""
    found, edges = {}, {}
    fitted = np.flatnonzero(known.role == FIT)
    for name, units, count in zip(known.store.layers, known.store.about["units"], counts, strict=True):
        rows = picked(fitted, max(BYTES // (4 * units), 1), seed)
        values = known.sample(name, rows)
        if bins is not None:
            edges[name] = bins.edges(values)
            values = codes(values, edges[name]).astype(np.float32)
        means = centroids(values, count, seed, name)
        found[name] = means[in_order(assigned(values, means)[0], known.classes[rows], len(means))]
    return Paths(found, edges)


def followed(known: Known, paths: Paths) -> Known:
    """The signature of every example of a store."""
    pieces = [paths.of(part.activations) for part in known.store.parts(logits=False)]
    clusters, distance = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    return replace(known, clusters=clusters, distance=distance)
