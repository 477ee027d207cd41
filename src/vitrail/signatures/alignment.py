"""How alike two layers are, of one network or of two: linear CKA, out of batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vitrail.explanation import Array

ROUNDING = 8 * float(np.finfo(np.float32).eps)  #: a unit that differs by less than this share of itself is constant
WIDE = 4096  #: units over all layers up to which their products are added up over all examples
FEWEST = 4  #: examples for which the estimate is defined
Pair = tuple[int, int]


# -- one layer -----------------------------------------------------------------------------------------------


@dataclass
class Range:
    """What a layer's units do over all examples: their lowest, highest and summed values, (units,) each."""

    count: int = 0
    low: Array = field(default_factory=lambda: np.zeros(0))
    high: Array = field(default_factory=lambda: np.zeros(0))
    total: Array = field(default_factory=lambda: np.zeros(0))

    def add(self, x: Array) -> None:
        """Take in a batch (n, units)."""
        low, high, total = x.min(0).astype(np.float64), x.max(0).astype(np.float64), x.sum(0, dtype=np.float64)
        first = self.count == 0
        self.low = low if first else np.minimum(self.low, low)
        self.high = high if first else np.maximum(self.high, high)
        self.total = total if first else self.total + total
        self.count += len(x)

    @property
    def constant(self) -> Array:
        """(units,) bool: the units that say the same about every example, up to rounding in float32."""
        return np.asarray(self.high - self.low <= ROUNDING * np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def mean(self) -> Array:
        return np.asarray(self.total / self.count)

    def centred(self, x: Array) -> Array:
        """x less its mean, in units of the widest range of the layer; constant units are zero."""
        widest = float(np.where(self.constant, 0, self.high - self.low).max(initial=0))
        factor = np.where(self.constant, 0, 1 / (widest or 1))
        kind = real(x)
        return np.asarray((x - self.mean.astype(kind)) * factor.astype(kind))


def real(x: Array) -> "np.dtype[Any]":
    """The type to reckon in: that of x, at least float32, also where x holds the codes of bins."""
    return np.result_type(x, np.float32)


def middled(x: Array) -> Array:
    """x (n, units) less its own mean."""
    return np.asarray(x - x.mean(0))


# -- pairs of layers -----------------------------------------------------------------------------------------


class Products:
    """X' Y of pairs of layers, and how long their rows are, added up over batches of centred layers."""

    def __init__(self, layers: int, pairs: Iterable[Pair]) -> None:
        self.count = 0
        self.pairs = list(dict.fromkeys(pairs))
        self.crossed: dict[Pair, Array] = {}
        self.lengths = np.zeros(layers)  # sum_i |x_i|^2
        self.together = np.zeros((layers, layers))  # sum_i |x_i|^2 |y_i|^2

    def add(self, centred: Sequence[Array]) -> None:
        """Take in the same examples of all layers, (n, units) each."""
        lengths = np.stack([np.einsum("nu,nu->n", x, x) for x in centred]).astype(np.float64)
        self.count += lengths.shape[1]
        self.lengths += lengths.sum(1)
        self.together += lengths @ lengths.T
        for one, other in self.pairs:
            product = (centred[one].T @ centred[other]).astype(np.float64)
            before = self.crossed.get((one, other))
            self.crossed[one, other] = product if before is None else np.add(before, product, out=before)

    def similarity(self, debiased: bool = True) -> Array:
        """(layers, layers) CKA of the pairs, NaN for others."""
        squares = np.full(self.together.shape, np.nan)
        for pair, product in self.crossed.items():
            squares[pair] = squares[pair[::-1]] = np.square(product).sum()
        return aligned(squares, self.lengths, self.together, self.count, debiased)


def of_few(centred: Sequence[Array], debiased: bool = True) -> Array:
    """(layers, layers) the same out of the examples themselves, for layers with more units than there are examples."""
    squares = np.zeros((len(centred), len(centred)))
    grams = [np.asarray(x, np.float64) @ np.asarray(x, np.float64).T for x in centred]
    for i, one in enumerate(grams):
        for j in range(i, len(grams)):
            squares[i, j] = squares[j, i] = np.vdot(one, grams[j])
    lengths = np.stack([np.diagonal(gram) for gram in grams])
    return aligned(squares, lengths.sum(1), lengths @ lengths.T, lengths.shape[1], debiased)


def aligned(squares: Array, lengths: Array, together: Array, count: int, debiased: bool) -> Array:
    """Linear centred kernel alignment, 1 for layers that agree up to rotation, reflection and one scale   [1].

        CKA = HSIC(X, Y) / sqrt(HSIC(X, X) HSIC(Y, Y))
        plain       HSIC = |X' Y|^2 / (n - 1)^2
        debiased    HSIC = (|X' Y|^2 - n / (n - 2) sum_i |x_i|^2 |y_i|^2
                            + |X|^2 |Y|^2 / ((n - 1) (n - 2))) / (n (n - 3))       [2]

    with the columns of X (n, units) and Y centred, and |.| the Frobenius norm. The plain one is from 0 to 1, and grows
    with the number of units where examples are few; the debiased one is around 0 for layers with nothing in common,
    whatever their width, and may be a little below.

    squares    (layers, layers) |X' Y|^2
    lengths    (layers,) |X|^2
    together   (layers, layers) sum_i |x_i|^2 |y_i|^2
    count      n

    NaN for layers in which nothing varies, and for fewer than 4 examples.

    [1] Kornblith, Norouzi, Lee, Hinton, "Similarity of Neural Network Representations Revisited", 2019, section 3
    [2] Song, Smola, Gretton, Bedo, Borgwardt, "Feature Selection via Dependence Maximization", 2012, eq. 5
    """
    if count < FEWEST:
        return np.full(squares.shape, np.nan)
    if debiased:
        both = np.outer(lengths, lengths) / ((count - 1) * (count - 2))
        squares = squares - together * count / (count - 2) + both
    own = np.diagonal(squares)
    own = np.sqrt(np.where(own > 0, own, np.nan))
    return squares / np.outer(own, own)
