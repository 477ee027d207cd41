"""One pass over the training examples, and all that is kept of it."""

from collections.abc import Sequence

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.trust.head import Columns, Head, columns_of, logits_of
from vitrail.trust.moments import Moments
from vitrail.trust.path import Path
from vitrail.trust.reading import Reading, Readings
from vitrail.trust.reservoir import Reservoir

EXAMPLES = 10_000  #: of which features, clusters and distances are kept
NUMBERS = 2**23  #: that their features have at most: fewer examples of wide layers


class Summary:
    """What is learnt from, of any number of training examples.

    columns  what the outputs are
    path     the counts of paths
    moments  layer -> means and covariances
    sample   features, logits, clusters and distances of some examples
    """

    def __init__(self, first: Reading, classes: int, clusters: Sequence[int], seed: int) -> None:
        self.clusters = list(clusters)
        self.columns: Columns = columns_of(first, classes)
        self.path = Path.empty(classes, clusters)
        outputs = 2 if self.columns == "logit" else first.logits.shape[1]
        self.moments = {name: Moments(classes, rows, outputs) for name, rows in first.activations.items()}
        self.logits, self.squares = np.zeros(outputs), np.zeros(outputs)
        self.sample = Reservoir(min(EXAMPLES, NUMBERS // first.features.shape[1]), seed)

    def add(self, reading: Reading) -> None:
        """Take in a batch."""
        logits = logits_of(reading, self.columns)
        self.path.add(reading)
        for name, rows in reading.activations.items():
            self.moments[name].add(rows, reading.predicted, logits)
        self.logits += logits.sum(0)
        self.squares += (logits**2).sum(0)
        kept = {"clusters": reading.clusters, "distances": reading.distances}
        self.sample.add({**kept, "features": reading.features, "logits": logits})

    @property
    def features(self) -> Moments:
        return list(self.moments.values())[-1]

    @property
    def rows(self) -> int:
        return int(self.features.rows)

    def head(self) -> Head:
        """The last linear map, from features to logits."""
        return Head.of(self.features, self.logits / self.rows, self.squares / self.rows)

    def kept(self, name: str) -> Array:
        return self.sample.rows[name]


def summary_of(training: Readings, classes: int, clusters: Sequence[int], seed: int) -> Summary:
    """All of the training examples."""
    found = None
    for reading in training():
        found = found or Summary(reading, classes, clusters, seed)
        found.add(reading)
    if found is None:
        raise BadInput(
            "trust was given 0 training examples. At least one was expected, and some hundred are needed to learn what "
            "is usual. Give more examples."
        )
    return found
