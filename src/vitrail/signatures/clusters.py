"""Clusters of one layer: k-means over examples, how many there are, and which one an example is in."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import Array

MOST = 20  #: clusters that are tried when their number is to be found
JUDGED = 2000  #: examples on which numbers of clusters are compared
SAMPLE = 1000  #: examples on which k-means begins
STARTS = 4  #: times that it begins; the best is taken
DRAWS = 5  #: uniform data sets that the gap statistic compares with
CHOOSING = ("auto", "gap")


def counts_of(clusters: Any, layers: int) -> list[int | str]:
    """The number of clusters of each layer, or how it is to be found.

    Raises BadSetting.
    """
    one = isinstance(clusters, str) or not isinstance(clusters, Sequence | np.ndarray)
    counts = [clusters] * layers if one else list(clusters)
    if len(counts) != layers or not all(is_count(count) or count in CHOOSING for count in counts):
        raise BadSetting(
            f"clusters={clusters!r} does not fit {layers} layers. A whole number from 1, one for each layer, 'auto' "
            "(by silhouette) or 'gap' was expected. Try clusters=10."
        )
    return [count if isinstance(count, str) else int(count) for count in counts]


def is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 1)


def centroids(values: Array, count: int | str, seed: int, layer: str) -> Array:
    """(clusters, units) the centroids of values (n, units): k-means by Lloyd's algorithm from k-means++   [1, 2].

    Raises BadInput where there are fewer different examples than clusters, and for a layer that says the same of all.

    [1] Lloyd, "Least Squares Quantization in PCM", 1982
    [2] Arthur, Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007
    """
    refuse_constant(values, layer)
    number = count if isinstance(count, int) else found(values, count, seed)
    refuse_more([number], [layer], len(values))
    means = fitted(values, number, seed).cluster_centers_
    if len(np.unique(means, axis=0)) < number:
        different = len(np.unique(values, axis=0))
        raise BadInput(
            f"{number} clusters were asked at layer {layer!r}, which says only {different} different things about "
            f"{len(values)} examples. At most {different} clusters were expected. Ask fewer, or leave the layer out."
        )
    return np.asarray(means, np.float32)


def refuse_more(counts: Sequence[int | str], layers: Sequence[str], examples: int) -> None:
    """Raise BadInput for more clusters than there are examples."""
    for count, layer in zip(counts, layers, strict=True):
        if isinstance(count, int) and count > examples:
            raise BadInput(
                f"{count} clusters were asked at layer {layer!r}, and {examples} examples are there to fit them. At "
                "least as many examples as clusters were expected. Give more examples, or ask fewer clusters."
            )


def refuse_constant(values: Array, layer: str) -> None:
    if len(values) > 1 and bool((values == values[:1]).all()):
        raise BadInput(
            f"layer {layer!r} says the same of all {len(values)} examples. A layer that tells examples apart was "
            "expected. Leave it out: layers=[...]; all of its units may be dead."
        )


def fitted(values: Array, count: int, seed: int) -> Any:
    """Lloyd's algorithm on all values, from the best of STARTS runs on a sample, each begun by k-means++.

    The beginning is what takes long on many examples, and a sample is as good for it.
    """
    draw = np.random.default_rng(seed)
    sample = values if len(values) <= SAMPLE else values[np.sort(draw.choice(len(values), SAMPLE, replace=False))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than clusters are refused
        begun = KMeans(count, n_init=STARTS, random_state=seed % 2**32).fit(sample)
        if sample is values:
            return begun
        return KMeans(count, init=begun.cluster_centers_, n_init=1).fit(values)


def found(values: Array, how: str, seed: int) -> int:
    """The number of clusters, 2 to MOST, by silhouette or gap, on a sample of the values."""
    picks = np.random.default_rng(seed).permutation(len(values))[:JUDGED]
    sample = values[np.sort(picks)]
    tried = range(2, min(MOST, len(np.unique(sample, axis=0)) - 1) + 1)
    if not tried:
        return 1
    return by_gap(sample, tried, seed) if how == "gap" else by_silhouette(sample, tried, seed)


def by_silhouette(values: Array, tried: Sequence[int], seed: int) -> int:
    """The number with the largest mean silhouette (Rousseeuw, "Silhouettes", 1987)."""
    labels = [fitted(values, count, seed).labels_ for count in tried]
    return tried[int(np.argmax([silhouette_score(values, label) for label in labels]))]


def by_gap(values: Array, tried: Sequence[int], seed: int) -> int:
    """The least number whose gap is within a standard error of the next one's   [1].

        gap(k) = mean over uniform data of log W_k - log W_k,   W_k the summed squared distances to the centroids

    [1] Tibshirani, Walther, Hastie, "Estimating the Number of Clusters in a Data Set via the Gap Statistic", 2001,
        section 3, with the uniform data in the box of the values
    """
    rng = np.random.default_rng(seed)
    boxes = [rng.uniform(values.min(0), values.max(0), values.shape).astype(values.dtype) for _ in range(DRAWS)]
    spread = np.array([[log_within(box, count, seed) for box in boxes] for count in tried])  # (tried, draws)
    gap = spread.mean(1) - [log_within(values, count, seed) for count in tried]
    error = spread.std(1) * np.sqrt(1 + 1 / DRAWS)
    enough = gap[:-1] >= gap[1:] - error[1:]
    return tried[int(np.argmax(enough))] if enough.any() else tried[int(np.argmax(gap))]


def log_within(values: Array, count: int, seed: int) -> float:
    return float(np.log(max(fitted(values, count, seed).inertia_, np.finfo(float).tiny)))


def assigned(values: Array, centroids: Array) -> tuple[Array, Array]:
    """(n,) int32 the nearest centroid of each row of values (n, units), the first of equals, and (n,) its distance.

    Differences are taken before they are squared, so that an example gets the same answer alone and among others.
    """
    points, means = (torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32)) for a in (values, centroids))
    distances = torch.cdist(points, means, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distances.min(1)
    return nearest.indices.int().numpy(), nearest.values.numpy()


def in_order(clusters: Array, classes: Array, count: int) -> Array:
    """(count,) the clusters in the order in which they are numbered: by their most frequent class, then by size."""
    votes = np.zeros((count, int(classes.max(initial=0)) + 1), np.int64)
    np.add.at(votes, (clusters, classes), 1)
    return np.lexsort((-votes.sum(1), votes.argmax(1)))
