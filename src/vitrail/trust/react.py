"""How sure the network is once its features are kept to what is usual."""

from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.head import Head
from vitrail.trust.softmax import energy

SHARE = 0.9  #: of the features of training examples that stay as they are


@dataclass(frozen=True, eq=False)
class React:
    """Rectified activations: the energy after features are clipped   [1].

        - log sum_c exp(W min(x, t) + b)_c

    clip    () t, the 90 % quantile of all features of training examples together
    weight  (classes, units) W, and
    bias    (classes,) b: the head of the network, found by least squares

    [1] Sun, Guo, Li, "ReAct: Out-of-distribution Detection With Rectified Activations", 2021, eq. 1 to 3
    """

    clip: Array
    weight: Array
    bias: Array

    @staticmethod
    def of(head: Head, rows: Array) -> "React":
        """From the head, and a sample of features (n, units)."""
        return React(np.asarray(np.quantile(rows, SHARE)), head.weight, head.bias)

    def __call__(self, rows: Array) -> Array:
        """(n,) from features (n, units)."""
        return energy(np.minimum(rows.astype(np.float64), self.clip) @ self.weight.T + self.bias)
