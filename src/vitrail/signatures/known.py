"""What is known of the examples whose activations a store holds, and how they are walked through."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.signatures.activations import Activations, Part
from vitrail.signatures.batch import Batch
from vitrail.trust.reading import Reading

LEFT, FIT, VALIDATION, CALIBRATION = range(4)  #: roles: left out of the fit, fit, and two that were held out of it


@dataclass(frozen=True, eq=False)
class Known:
    """A store, and what is known of its examples; each array has one row for each of them.

    label, predicted, role  (n,)
    said                    (n, 1) the probability of the output class; the output itself where it is a number
    clusters, distance      (n, layers); (n, 0) before there are clusters
    """

    store: Activations
    label: Array
    predicted: Array
    said: Array
    role: Array
    clusters: Array
    distance: Array

    @property
    def classes(self) -> Array:
        """(n,) the input class where it is known, else the output class."""
        return np.where(self.label < 0, self.predicted, self.label)

    def batches(self) -> Iterator[Batch]:
        """All examples, part by part."""
        for part in self.store.parts(logits=False):
            i = part.rows
            yield Batch(i, part.activations, self.label[i], self.predicted[i], self.clusters[i], self.role[i])

    def readings(self, role: int) -> Callable[[], Iterator[Reading]]:
        """The examples of one role, as trust sees them."""

        def walk() -> Iterator[Reading]:
            for part in self.store.parts():
                mine = self.role[part.rows] == role
                if mine.any():
                    yield self._reading(part, mine)

        return walk

    def _reading(self, part: Part, mine: Array) -> Reading:
        i = part.rows[mine]
        activations = {name: array[mine] for name, array in part.activations.items()}
        return Reading(
            activations, part.logits[mine], self.predicted[i], self.clusters[i], self.distance[i], self.label[i]
        )

    def sample(self, layer: str, rows: Array) -> Array:
        """(m, units) what a layer said about these rows, which are in order."""
        pieces = []
        for part in self.store.parts([layer], logits=False):
            first, last = np.searchsorted(rows, (part.rows[0], part.rows[-1] + 1))
            pieces.append(part.activations[layer][rows[first:last] - part.rows[0]])
        return np.concatenate(pieces)


def roles(correct: Array, held_out: float, fit: str, seed: int) -> Array:
    """(n,) int8: a share of all examples is held out, half for validation and half for calibration.

    Of the others those that the network gets right are fit; all of them where fit="all".
    """
    count = len(correct)
    order = np.random.default_rng(seed).permutation(count)
    aside = int(held_out * count)
    role = np.where(correct | (fit == "all"), FIT, LEFT).astype(np.int8)
    role[order[: aside // 2]] = VALIDATION
    role[order[aside // 2 : aside]] = CALIBRATION
    return role


def picked(rows: Array, most: int, seed: int) -> Array:
    """At most so many of the rows, drawn without replacement, in order."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
