"""What a store says about its layers: units that do nothing, units for one class, purity, similarity, pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.signatures.agreement import added, counted, information, purity
from vitrail.signatures.alignment import WIDE, Products, Range, middled, of_few, real
from vitrail.signatures.batch import Batch, Batches
from vitrail.signatures.projection import principal, principal_of
from vitrail.signatures.sample import Sample, fitting

Named = dict[str, tuple[Array, tuple[str, ...]]]  #: name -> (array, its axes)

ENDS = 0.01  #: this near to an end of its range, as a share of the range, a unit is at the end
OFTEN = 0.95  #: a unit that is at an end for more than this share of the examples is saturated


def statistics(batches: Batches, layers: Sequence[str], classes: int, seed: int = 0) -> Named:
    """The statistics of each layer, in two passes over the batches; memory does not grow with the examples.

    batches   a function that begins the batches anew each time it is called
    layers    their names, in the order of Batch.clusters
    classes   how many there are; labels and predictions are from 0 to classes - 1. An example counts for its label
              where that is known, else for what was predicted
    seed      of the sample that is projected, at most 2,000 examples

    Returns name -> (array, axes), all names under "statistics/":

    units, dead, saturated   (layer,) int32 counts; dead_unit/<layer>, saturated_unit/<layer> (unit,) uint8, 1 for yes
    purity, nmi              (layer,) how well clusters and classes agree, see agreement.py
    profile/<layer>          (class, unit) mean activations, NaN for classes without examples
    selectivity/<layer>      (unit,) from 0 to 1, see `selectivity`
    cka                      (layer, layer) see alignment.py; debiased. Of all examples where all layers together have
                             at most 4,096 units, else of the sample; cka_examples () says of how many
    projection/<layer>       (sample, 2) the first two principal components, of the examples projection_row (sample,)
    explained/<layer>        (2,) their shares of the variance

    A unit is **dead** when it says the same about every example, up to rounding: for a ReLU that is the zero of a unit
    that nothing reaches [1], and the definition needs to know no activation function. A unit is **saturated** when it
    is not dead, and for more than 95 % of the examples within 1 % of its range of one of its range's ends: where the
    activation function is bounded there, such as both ends of tanh and the zero of ReLU, the gradient is (nearly) zero
    for these examples [2]. A unit that fires for a few examples only is saturated in this sense: see its selectivity.

    Raises BadInput for no examples, or classes that do not exist.

    [1] Lu, Shin, Su, Karniadakis, "Dying ReLU and Initialization: Theory and Numerical Examples", 2019
    [2] Gulcehre, Moczulski, Denil, Bengio, "Noisy Activation Functions", 2016, section 2
    """
    first = Counts(list(layers), classes)
    for batch in batches():
        first.add(batch)
    if not first.count:
        raise BadInput("there are no examples to count. At least one was expected. Give some to the network.")
    second = Spread(first, seed)
    for batch in batches():
        second.add(batch)
    return first.named() | second.named()


def class_of(batch: Batch, classes: int) -> Array:
    """(n,) the input class where it is known, else the output class.

    Raises BadInput for a class that does not exist.
    """
    found = np.where(batch.label >= 0, batch.label, batch.predicted).astype(np.int64)
    strange = found[(found < 0) | (found >= classes)]
    if len(strange):
        raise BadInput(
            f"an example is of class {strange[0]}. A class from 0 to {classes - 1} was expected. Check the labels."
        )
    return found


# -- the first pass ------------------------------------------------------------------------------------------


class Counts:
    """What can be counted while the examples pass: ranges, sums by class, clusters by class."""

    def __init__(self, layers: Sequence[str], classes: int) -> None:
        self.layers, self.classes, self.count = layers, classes, 0
        self.ranges = {layer: Range() for layer in layers}
        self.sums: dict[str, Array] = {}
        self.sizes = np.zeros(classes, np.int64)
        self.tables = [np.zeros((0, classes), np.int64) for _ in layers]

    def add(self, batch: Batch) -> None:
        if not len(batch.rows):
            return
        kinds = class_of(batch, self.classes)
        self.count += len(kinds)
        self.sizes += np.bincount(kinds, minlength=self.classes)
        for i, (layer, seen) in enumerate(self.ranges.items()):
            x = batch.activations[layer]
            seen.add(x)
            self.sums.setdefault(layer, np.zeros((self.classes, x.shape[1])))
            add_sums(self.sums[layer], x, kinds)
            self.tables[i] = added(self.tables[i], counted(batch.clusters[:, i], kinds, self.classes))

    def named(self) -> Named:
        constant = {layer: seen.constant for layer, seen in self.ranges.items()}
        found: Named = {
            "statistics/units": (whole([len(c) for c in constant.values()]), ("layer",)),
            "statistics/dead": (whole([c.sum() for c in constant.values()]), ("layer",)),
            "statistics/purity": (np.array([purity(table) for table in self.tables]), ("layer",)),
            "statistics/nmi": (np.array([information(table) for table in self.tables]), ("layer",)),
        }
        for layer, seen in self.ranges.items():
            profile = self.sums[layer] / np.where(self.sizes, self.sizes, np.nan)[:, None]
            found[f"statistics/dead_unit/{layer}"] = (seen.constant.astype(np.uint8), ("unit",))
            found[f"statistics/profile/{layer}"] = (profile, ("class", "unit"))
            found[f"statistics/selectivity/{layer}"] = (selectivity(profile, seen), ("unit",))
        return found


def whole(values: Sequence[int]) -> Array:
    return np.array(values, np.int32)


def add_sums(sums: Array, x: Array, kinds: Array) -> None:
    """Add the rows of x (n, units) to those of sums (classes, units) that `kinds` (n,) names."""
    order = np.argsort(kinds, kind="stable")
    present, starts = np.unique(kinds[order], return_index=True)
    sorted_x = x[order]
    for kind, start, end in zip(present, starts, [*starts[1:], len(kinds)], strict=True):
        sums[kind] += sorted_x[start:end].sum(0, dtype=np.float64)


def selectivity(profile: Array, seen: Range) -> Array:
    """(units,) how far a unit is one class's: 1 when it is active for one class only, 0 when for all alike   [1].

        (mu_max - mu_rest) / (mu_max + mu_rest)

    mu_max is the highest of the unit's means over the examples of one class (`profile`), mu_rest the mean of its means
    over the others. Activations are taken above zero, or above the unit's lowest value where that is negative: the
    paper's units are ReLUs, and the index has no meaning for means of both signs. 0 for dead units, and where examples
    are of one class only.

    [1] Morcos, Barrett, Rabinowitz, Botvinick, "On the importance of single directions for generalization", 2018,
        section 2.3
    """
    means = profile[~np.isnan(profile).any(1)] - np.minimum(seen.low, 0)
    highest = means.max(0)
    rest = (means.sum(0) - highest) / max(len(means) - 1, 1)
    both = np.where((highest + rest > 0) & ~seen.constant, highest + rest, np.inf)
    return np.zeros(len(highest)) if len(means) < 2 else np.asarray((highest - rest) / both)


# -- the second pass -----------------------------------------------------------------------------------------


@dataclass
class Ends:
    """How often units are at an end of their range."""

    seen: Range
    count: Array

    def add(self, x: Array) -> None:
        near = ENDS * (self.seen.high - self.seen.low)
        low, high = (edge.astype(real(x)) for edge in (self.seen.low + near, self.seen.high - near))
        self.count += np.count_nonzero((x <= low) | (x >= high), axis=0)

    @property
    def saturated(self) -> Array:
        """(units,) bool."""
        return (self.count > OFTEN * self.seen.count) & ~self.seen.constant


class Spread:
    """What needs the means and ranges of the first pass: ends of ranges, similarity of layers, projections."""

    def __init__(self, counts: Counts, seed: int) -> None:
        self.ranges = counts.ranges
        units = sum(len(seen.low) for seen in self.ranges.values())
        self.ends = {layer: Ends(seen, np.zeros(len(seen.low), np.int64)) for layer, seen in self.ranges.items()}
        self.sample = Sample(counts.layers, fitting(units), seed)
        pairs = [(i, j) for j in range(len(self.ranges)) for i in range(j + 1)]
        self.products = Products(len(self.ranges), pairs) if units <= WIDE else None

    def add(self, batch: Batch) -> None:
        if not len(batch.rows):
            return
        for layer, ends in self.ends.items():
            ends.add(batch.activations[layer])
        self.sample.add(batch.rows, batch.activations)
        if self.products is not None:
            self.products.add([seen.centred(batch.activations[layer]) for layer, seen in self.ranges.items()])

    def named(self) -> Named:
        rows, few = self.sample.taken()
        used, similar = self.similarity(few)
        found: Named = {
            "statistics/saturated": (whole([ends.saturated.sum() for ends in self.ends.values()]), ("layer",)),
            "statistics/cka": (similar, ("layer", "layer")),
            "statistics/cka_examples": (np.array(used, np.int64), ()),
            "statistics/projection_row": (rows.astype(np.int32), ("sample",)),
        }
        for i, (layer, ends) in enumerate(self.ends.items()):
            directions, shares = self.directions(i, few[layer])
            places = (few[layer] - ends.seen.mean) @ directions
            found[f"statistics/saturated_unit/{layer}"] = (ends.saturated.astype(np.uint8), ("unit",))
            found[f"statistics/projection/{layer}"] = (places, ("sample", "feature"))
            found[f"statistics/explained/{layer}"] = (shares, ("feature",))
        return found

    def similarity(self, few: Mapping[str, Array]) -> tuple[int, Array]:
        """(examples used, (layers, layers) CKA)."""
        if self.products is not None:
            return self.products.count, self.products.similarity()
        centred = [middled(self.ranges[layer].centred(x)) for layer, x in few.items()]
        return len(centred[0]), of_few(centred)

    def directions(self, i: int, few: Array) -> tuple[Array, Array]:
        """The principal components of layer i, of all examples or of the sample, and their shares of the variance."""
        if self.products is not None:
            return principal(self.products.crossed[i, i])
        return principal_of(middled(list(self.ranges.values())[i].centred(few)))
