"""The game of one leaf: a product of what each column on its path says. Its Shapley values in closed form."""

from functools import cache
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def shapley(a: Array, r: Array) -> Array:
    """(columns, ...) the Shapley values of  v(S) = prod_{j in S} a_j prod_{j not in S} r_j,  exactly.

        phi_i = (a_i - r_i) * integral over t in [0, 1] of  prod_{j != i} (t a_j + (1 - t) r_j) dt     [1]

    a  (columns, ...) bool: whether a row keeps to the leaf's path in each column
    r  (columns, ...) what stands in for a column that is absent: the share of the data that keeps to the path, or
       whether a row of the background does; broadcastable to a

    The integrand is a polynomial of degree columns - 1, which Gauss-Legendre integrates exactly.

    [1] Owen, "Multilinear Extensions of Games", 1972, section 3
    """
    total = np.zeros(np.broadcast_shapes(a.shape, r.shape))
    for t, weight in nodes(-(-len(a) // 2)):
        for j, others in enumerate(_without_each(_mixed(a, r, t))):
            total[j] += weight * others
    return np.asarray((a - r) * total)


def interactions(a: Array, r: Array) -> Array:
    """(pairs, ...) the Shapley interaction index of every two columns of the same game, pairs as `pairs` counts them.

        I_ij = (a_i - r_i) (a_j - r_j) * integral over t in [0, 1] of  prod_{k != i, j} (t a_k + (1 - t) r_k) dt   [1]

    [1] Grabisch, Roubens, "An axiomatic approach to the concept of interaction among players in cooperative games",
        1999
    """
    shape = np.broadcast_shapes(a.shape, r.shape)
    total = np.zeros((len(a) * (len(a) - 1) // 2, *shape[1:]))
    change = np.broadcast_to(a - r, shape)
    for t, weight in nodes(max(1, -(-(len(a) - 1) // 2))):
        factors, at = _mixed(a, r, t), 0
        for i in range(len(a) - 1):
            for others in _without_each(np.delete(factors, i, 0))[i:]:
                total[at] += weight * others
                at += 1
    for at, (i, j) in enumerate(pairs(len(a))):
        total[at] *= change[i] * change[j]
    return total


def between(a: Array, r: Array, paired: bool) -> Array:
    """The same as `shapley`, or as `interactions`, where r is bool too and no column has neither; quicker.

    With A columns in a alone and R in r alone the integrals are those of t^p (1 - t)^q: p! q! / (p + q + 1)!
    """
    up, down = a & ~r, r & ~a
    counts, most = (up.sum(0), down.sum(0)), len(a)

    def area(fewer_up: int, fewer_down: int) -> Array:
        return np.asarray(_areas(most)[counts[0] - fewer_up, counts[1] - fewer_down])  # -1, -2: the zeros at the end

    if not paired:
        return np.asarray(up * area(1, 0) - down * area(0, 1))
    both, mixed, neither = area(2, 0), area(1, 1), area(0, 2)
    rows = [
        up[i] * up[j] * both - (up[i] * down[j] + down[i] * up[j]) * mixed + down[i] * down[j] * neither
        for i, j in pairs(most)
    ]
    return np.stack(rows) if rows else np.zeros((0, *a.shape[1:]))


@cache
def _areas(most: int) -> Array:
    """(p, q) -> p! q! / (p + q + 1)! up to `most`; two more of each are 0."""
    found = np.zeros((most + 3, most + 3))
    for p in range(most + 1):
        for q in range(most + 1):
            found[p, q] = factorial(p) * factorial(q) / factorial(p + q + 1)
    return found


def pairs(columns: int) -> list[tuple[int, int]]:
    """(0, 1), (0, 2), ... (1, 2), ...: every two, in order."""
    return list(combinations(range(columns), 2))


@cache
def nodes(count: int) -> list[tuple[float, float]]:
    """Gauss-Legendre points and weights on [0, 1], exact up to degree 2 count - 1."""
    at, weights = np.polynomial.legendre.leggauss(count)
    return [(float(x + 1) / 2, float(w) / 2) for x, w in zip(at, weights, strict=True)]


def _mixed(a: Array, r: Array, t: float) -> Array:
    """t a + (1 - t) r, what a column says when the others are there with probability t."""
    return np.where(a, t, 0.0) + (1 - t) * r


def _without_each(factors: Array) -> list[Array]:
    """For each the product of all the others: what is before it times what is behind it, since some may be 0."""
    ones = np.ones(factors.shape[1:])
    before, behind = [ones], [ones]
    for factor in factors[:-1]:
        before.append(before[-1] * factor)
    for factor in factors[:0:-1]:
        behind.append(behind[-1] * factor)
    return [left * right for left, right in zip(before, behind[::-1], strict=True)]
