"""How far activations are from the nearest class mean, in units of the spread inside classes."""

from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.moments import Moments

SHRINKAGE = 1e-3  #: of the covariance towards a multiple of the identity


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """Mahalanobis distance to the nearest class mean, with one covariance for all classes   [1].

        min_c (x - m_c)^T S^-1 (x - m_c),   S = (1 - s) S_within + s (trace(S_within) / units) I

    whitening  (units, units) W with W W^T = S^-1
    means      (classes, units) m_c W, the whitened means of the classes that training examples were put in

    The shrinkage s = 0.001 keeps S invertible where units are dead or repeat each other   [2]. Classes are those that
    the network predicts. At every layer this is an ingredient of the score `layers`, as in section 2.3 of [1].

    [1] Lee, Lee, Lee, Shin, "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial
        Attacks", 2018, eq. 1 and 2
    [2] Ledoit, Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004
    """

    whitening: Array
    means: Array

    @staticmethod
    def of(moments: Moments) -> "Mahalanobis":
        whitening = whitened(moments.within())
        return Mahalanobis(whitening, moments.means() @ whitening)

    def __call__(self, rows: Array) -> Array:
        """(n,) from activations (n, units)."""
        x = rows.astype(np.float64) @ self.whitening
        squares = (x**2).sum(1)[:, None] - 2 * x @ self.means.T + (self.means.astype(np.float64) ** 2).sum(1)
        return np.asarray(np.maximum(squares.min(1), 0.0))


def whitened(covariance: Array) -> Array:
    """(units, units) W with W W^T the inverse of the shrunk covariance."""
    units = len(covariance)
    spread: float = max(float(np.trace(covariance)) / units, float(np.finfo(np.float32).tiny))
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * spread * np.eye(units)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(shrunk)).T)
