"""How much each score counts."""

import numpy as np

from vitrail.explanation import Array

RIDGE = 0.1


def weights_of(usual: Array, unusual: Array) -> Array:
    """Non-negative weights (scores,), adding up to 1, with which usual and unusual examples come apart.

        min over w >= 0, b  of  mean log(1 + exp(u_i w + b)) + mean log(1 + exp(-v_j w - b)) + ridge ||w||^2 / 2

    usual    (n, scores) the surprise of validation examples, u
    unusual  (m, scores) that of made-up inputs, v; with none of them, or when no score tells
             them apart, all count alike

    Logistic regression with both sides equally heavy. Weights that cannot be negative keep the sum a score: more
    unusual by one of its parts is never more usual by the whole.
    The ridge shares weight among scores that say the same.
    """
    from scipy.optimize import minimize

    count = usual.shape[1]
    alike = np.full(count, 1 / count)
    if not len(unusual):
        return alike
    with_one = [np.column_stack([rows, np.ones(len(rows))]) for rows in (usual, unusual)]

    def loss(point: Array) -> tuple[float, Array]:
        value, slope = RIDGE / 2 * float(point[:-1] @ point[:-1]), RIDGE * np.append(point[:-1], 0.0)
        for rows, side in zip(with_one, (1.0, -1.0), strict=True):
            margin = side * (rows @ point)
            value += float(np.logaddexp(0.0, margin).mean())
            slope = slope + side * (rows.T @ np.exp(-np.logaddexp(0.0, -margin))) / len(rows)
        return value, slope

    start = np.append(np.full(count, 0.1), -1.0)
    bounds = [(0.0, None)] * count + [(None, None)]
    found = np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:-1])
    return found / found.sum() if found.sum() > 0 else alike
