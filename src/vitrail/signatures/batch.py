"""A batch of a store of activations, with what is known about its examples."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from vitrail.explanation import Array


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples, in their order.

    rows         (n,) int64: which examples they are
    activations  layer -> (n, units) float32, pooled
    label        (n,) int32: the input class, -1 where it is not known
    predicted    (n,) int32: the output class
    clusters     (n, layers) int32
    role         (n,) int8: 0 left out of the fit, 1 fit, 2 validation, 3 calibration
    """

    rows: Array
    activations: Mapping[str, Array]
    label: Array
    predicted: Array
    clusters: Array
    role: Array


Batches = Callable[[], Iterator[Batch]]  #: the batches, once more each time it is called
