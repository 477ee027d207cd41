"""How well clusters and classes agree, out of the table that counts both."""

import numpy as np

from vitrail.explanation import Array


def counted(cluster: Array, group: Array, groups: int) -> Array:
    """(clusters, groups) int64: how many examples of each group are in each cluster, up to the largest cluster seen."""
    flat = np.bincount(cluster.astype(np.int64) * groups + group)
    return padded(flat, -(-len(flat) // groups) * groups).reshape(-1, groups)


def added(one: Array, other: Array) -> Array:
    """The sum of two such tables, also where one of them has seen more clusters."""
    longest = max(len(one), len(other))
    whole = np.zeros((longest, one.shape[1]), one.dtype)
    whole[: len(one)] += one
    whole[: len(other)] += other
    return whole


def padded(values: Array, length: int) -> Array:
    return np.concatenate([values, np.zeros(length - len(values), values.dtype)])


def purity(table: Array) -> float:
    """The share of examples whose class is the most frequent one in their cluster, from 1 / classes to 1   [1].

        purity = (1 / N) sum_k max_j |cluster_k and class_j|

    It reaches 1 when every example is a cluster of its own: look at the number of clusters too, or at `information`.

    [1] Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 2008, eq. 16.1
    """
    return float(table.max(1).sum() / table.sum())


def information(table: Array) -> float:
    """The normalised mutual information of clusters and classes, from 0 (independent) to 1 (the same split)   [1].

        NMI = I(clusters; classes) / ((H(clusters) + H(classes)) / 2)

    0 where there is one cluster and one class, which tell nothing about each other.

    [1] Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 2008, eq. 16.2
    """
    joint = table / table.sum()
    rows, columns = entropy(joint.sum(1)), entropy(joint.sum(0))
    if rows + columns == 0:
        return 0.0
    return max(0.0, float(2 * (rows + columns - entropy(joint.ravel())) / (rows + columns)))


def entropy(shares: Array) -> float:
    """In nats; what never happens adds nothing."""
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())
