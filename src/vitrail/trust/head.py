"""The last linear map of a network, found again from what goes in and what comes out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vitrail.explanation import Array
from vitrail.trust.moments import Moments
from vitrail.trust.reading import Reading

Columns = Literal["softmax", "logit", "none"]  #: one logit for each class; one logit for two classes; numbers


def columns_of(reading: Reading, classes: int) -> Columns:
    """What the outputs of a network are, told by its predictions: one logit says its second class where it is > 0."""
    if reading.logits.shape[1] > 1:
        return "softmax"
    second = reading.logits[:, 0] > 0
    return "logit" if classes == 2 and bool((second == (reading.predicted == 1)).all()) else "none"


def logits_of(reading: Reading, columns: Columns) -> Array:
    """(n, outputs) float64; one logit z of two classes becomes (-z / 2, z / 2), whose softmax is its sigmoid."""
    logits = reading.logits.astype(np.float64)
    return logits * np.array([-0.5, 0.5]) if columns == "logit" else logits


@dataclass(frozen=True, eq=False)
class Head:
    """logits = features W^T + b, by least squares over the training examples.

    weight   (outputs, units)
    bias     (outputs,)
    fitted   R^2, the share of the variance of the logits that it explains: 1 where the head is linear
    """

    weight: Array
    bias: Array
    fitted: float

    @staticmethod
    def of(features: Moments, logits_mean: Array, logits_square: Array) -> "Head":
        """From the moments of features and logits: the mean (outputs,) and the mean square (outputs,) of the logits."""
        centred = features.crossed / features.rows - np.outer(features.mean, logits_mean)
        spread = features.outer / features.rows - np.outer(features.mean, features.mean)
        weight = np.linalg.lstsq(spread, centred, rcond=1e-10)[0]  # (units, outputs)
        left = logits_square - logits_mean**2
        explained = 2 * (weight * centred).sum() - (weight * (spread @ weight)).sum()
        bias = logits_mean - (features.origin + features.mean) @ weight
        return Head(weight.T, bias, float(explained / max(left.sum(), np.finfo(float).tiny)))
