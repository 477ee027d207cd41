"""What trust sees of a batch of examples."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from vitrail.explanation import Array


@dataclass(frozen=True, eq=False)
class Reading:
    """A batch of examples, as the network and its signatures read them.

    activations  layer -> (n, units) float32: what each chosen layer said, pooled; in the order of the layers
    logits       (n, classes) float32, before a final softmax or sigmoid
    predicted    (n,) int: the output class
    clusters     (n, layers) int: the signature
    distances    (n, layers) float32: Euclidean distance to the centroid of the assigned cluster
    label        (n,) int: the input class, -1 where it is not known
    """

    activations: Mapping[str, Array]
    logits: Array
    predicted: Array
    clusters: Array
    distances: Array
    label: Array

    @property
    def features(self) -> Array:
        """(n, units) the last of the layers."""
        return next(reversed(list(self.activations.values())))


Readings = Callable[[], Iterator[Reading]]  #: the batches, once more each time it is called
