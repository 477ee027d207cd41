"""The straight path from the baselines to x, as a sweep, and the target where it starts."""

import numpy as np
import torch
from torch import Tensor

from vitrail.model import Model, Sweep
from vitrail.target import Target


def straight(x: Tensor, starts: Tensor, steps: int) -> Sweep:
    """The sweep over b + t (x - b) at the Gauss-Legendre nodes, for every baseline in starts (count, batch, ...)."""
    nodes, weights = (torch.as_tensor(a).to(x) for a in np.polynomial.legendre.leggauss(steps))  # on [-1, 1]
    t, w = (nodes + 1) / 2, weights / 2

    def point(rows: Tensor, k: Tensor) -> Tensor:
        b = starts[k // steps, rows]
        return b + t[k % steps].reshape(-1, *[1] * (x.ndim - 1)) * (x[rows] - b)

    def factor(rows: Tensor, k: Tensor) -> Tensor:
        return x[rows] - starts[k // steps, rows]

    return Sweep(len(x), len(starts) * steps, point, w.repeat(len(starts)) / len(starts), factor)


def start_scores(model: Model, x: Tensor, target: Target, starts: Tensor) -> Tensor:
    """(batch,) the target at the baselines (count, batch, ...), averaged over them."""
    return model(Sweep(len(x), len(starts), lambda rows, k: starts[k, rows]), target).mean(1)
