"""What a cluster is made of: the examples nearest to its centroid, and what its examples look like on the average."""

from collections.abc import Sequence

import numpy as np

from vitrail.explanation import Array
from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.signatures.known import FIT, Known, picked
from vitrail.signatures.statistics import Named, statistics

NEAREST = 5  #: examples of each cluster that are shown
AVERAGED = 2000  #: examples of the fit that means are taken over, at most
BYTES = 2**26  #: that these may take
TOGETHER = 64  #: examples that are packed at a time
FEATURES = 4096  #: numbers of an example at most, for a mean of what is no picture


def about(model: Model, examples: Examples, known: Known, counts: Sequence[int], classes: int, seed: int) -> Named:
    """The nearest and mean examples of every cluster, and the statistics of every layer."""
    near = nearest(known, counts)
    return {
        "nearest": (near, ("layer", "cluster", "rank")),
        **pictures(model, examples, known, counts, near, seed),
        **statistics(known.batches, known.store.layers, classes, seed),
    }


def nearest(known: Known, counts: Sequence[int]) -> Array:
    """(layers, most clusters, NEAREST) int32: rows of the fit nearest to each centroid, -1 where there are none."""
    found = np.full((len(counts), max(counts), NEAREST), -1, np.int32)
    fitted = np.flatnonzero(known.role == FIT)
    for layer, count in enumerate(counts):
        clusters, distance = known.clusters[fitted, layer], known.distance[fitted, layer]
        for cluster in range(count):
            mine = np.flatnonzero(clusters == cluster)
            first = fitted[mine[np.argsort(distance[mine], kind="stable")[:NEAREST]]]
            found[layer, cluster, : len(first)] = first
    return found


def pictures(model: Model, examples: Examples, known: Known, counts: Sequence[int], near: Array, seed: int) -> Named:
    """Pictures of the nearest examples, and the mean of each cluster over a sample of the fit.

    For what is no picture, the mean of x, where an example is one row of numbers.
    """
    first, is_picture = looked_at(model, examples, np.arange(1))
    if first is None:
        return {}
    most = min(AVERAGED, max(BYTES // first.nbytes, TOGETHER))
    fitted = picked(np.flatnonzero(known.role == FIT), most, seed)
    rows = np.union1d(fitted, near[near >= 0]).astype(np.int64)
    some = [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
    shown = np.concatenate([np.asarray(looked_at(model, examples, part)[0]) for part in some])
    names = known.store.layers
    mine = shown[np.searchsorted(rows, fitted)]
    word = "mean_picture" if is_picture else "mean_input"
    axes = ("cluster", "height", "width", "channel") if is_picture else ("cluster", "feature")
    means = [averages(mine, known.clusters[fitted, i], count) for i, count in enumerate(counts)]
    found: Named = {f"{word}/{names[i]}": (mean, axes) for i, mean in enumerate(means)}
    if is_picture:
        kept = np.unique(near[near >= 0])
        found["nearest_picture"] = (shown[np.searchsorted(rows, kept)], ("sample", *axes[1:]))
        found["nearest_row"] = (kept.astype(np.int32), ("sample",))
    return found


def looked_at(model: Model, examples: Examples, rows: Array) -> tuple[Array | None, bool]:
    """What a person would look at: (m, height, width, channel) bytes, or (m, feature) numbers; None for all else."""
    packed = model.pack(examples.take(rows))
    if "picture" in packed.shown:
        return np.asarray(packed.shown["picture"]), True
    array = packed.x.detach().cpu().numpy()
    return (array if array.ndim == 2 and array.shape[1] <= FEATURES else None), False


def averages(values: Array, clusters: Array, count: int) -> Array:
    """(clusters, ...) the mean of the examples of each cluster; zeros where the sample has none. Bytes stay bytes."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    sums = np.zeros((count, flat.shape[1]))
    np.add.at(sums, clusters, flat)
    means = sums / np.maximum(np.bincount(clusters, minlength=count), 1)[:, None]
    means = means.reshape(count, *values.shape[1:])
    return np.rint(means).astype(np.uint8) if values.dtype == np.uint8 else means
