"""How far predicted numbers are from the true ones: RMSE, MAE, R2 and bias, for weighted sets of examples."""

import numpy as np

from vitrail.explanation import Array
from vitrail.train.draws import ratio


def by_output(truth: Array, predicted: Array, weights: Array) -> dict[str, Array]:
    """(sets, outputs) errors of (examples, outputs) numbers, in weighted sets.

        residual = truth - predicted,   RMSE = sqrt(mean residual^2),   MAE = mean |residual|,   bias = mean residual
        R2 = 1 - sum residual^2 / sum (truth - mean truth)^2

    NaN for the R2 of a number that never changes.
    """
    residual = truth - predicted
    count = weights.sum(1, keepdims=True)
    centred = truth - truth.mean(0)
    squares = weights @ residual**2
    spread = weights @ centred**2 - (weights @ centred) ** 2 / count
    spread = np.where(np.ptp(truth, axis=0) > 0, np.maximum(spread, 0.0), 0.0)
    return {
        "rmse": np.sqrt(squares / count),
        "mae": weights @ np.abs(residual) / count,
        "r2": 1 - ratio(squares, spread),
        "bias": weights @ residual / count,
    }
