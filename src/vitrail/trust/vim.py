"""What of the features the training examples do not use, beside how sure the network is."""

from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.head import Head
from vitrail.trust.moments import Moments
from vitrail.trust.softmax import log_sum_exp

LEAST = 1e-3  #: share of the length of features that the residual is taken to have, or rounding would be a class


@dataclass(frozen=True, eq=False)
class Vim:
    """Virtual-logit matching   [1].

        a || R^T (x - o) || - log sum_c exp(logits_c),
        o = -(W^T)^+ b,   a = sum max_c logits_c / sum || R^T (x - o) ||

    origin    (units,) o, where all logits are 0
    residual  (units, units - dimension) R, the directions in which training features, seen from o, spread least
    scale     () a, over training examples, so that the virtual logit is as large as the largest real one

    W, b are the head of the network, found by least squares. The dimension of the principal space is 1000 of 2048
    units and more, 512 of 768 and more, and half of fewer, as in the authors' experiments.

    [1] Wang, Li, Feng, Zhang, "ViM: Out-Of-Distribution with Virtual-logit Matching", 2022, eq. 3 to 6
    """

    origin: Array
    residual: Array
    scale: Array

    @staticmethod
    def of(features: Moments, head: Head, rows: Array, logits: Array) -> "Vim":
        """From the moments of the features, and a sample of them (n, units) with its logits (n, classes)."""
        origin = -np.linalg.pinv(head.weight) @ head.bias
        directions = np.linalg.eigh(features.around(origin))[1]  # from the least to the largest spread
        residual = directions[:, : len(origin) - dimension(len(origin))]
        lengths = np.linalg.norm((rows - origin) @ residual, axis=1).sum()
        least = LEAST * np.linalg.norm(rows - origin, axis=1).sum()
        scale = max(logits.max(1).sum(), 0.0) / max(lengths, least, np.finfo(np.float32).tiny)
        return Vim(origin, residual, np.asarray(scale))

    def __call__(self, rows: Array, logits: Array) -> Array:
        """(n,) from features (n, units) and logits (n, classes)."""
        virtual = self.scale * np.linalg.norm((rows - self.origin) @ self.residual, axis=1)
        return np.asarray(virtual - log_sum_exp(logits))


def dimension(units: int) -> int:
    """Of the principal space."""
    return 1000 if units >= 2048 else 512 if units >= 768 else units // 2
