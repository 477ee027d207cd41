"""Integrated gradients with as many points as each example needs."""

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.path import start_scores, straight
from vitrail.model import Model
from vitrail.target import Target

FIRST = 4  #: points of the first attempt; doubled for the examples whose gap is still too large


def refined(model: Model, x: Tensor, target: Target, starts: Tensor, tolerance: float, limit: int) -> Answer:
    """Double the points until |sum - change| <= tolerance * |change|, example by example; keep each one's best.

    All attempts together take at most `limit` points per example and baseline.
    """
    change = model(x, target) - start_scores(model, x, target, starts)
    best, best_gap = torch.zeros_like(x), torch.full_like(change, torch.nan)
    used = torch.zeros(len(x), dtype=torch.long, device=x.device)
    pending, steps, spent = torch.arange(len(x), device=x.device), FIRST, 0
    while len(pending) and spent + steps <= limit:
        values = model.at(pending).gradient(straight(x[pending], starts[:, pending], steps), target)
        gap = (values.flatten(1).sum(1) - change[pending]).abs()
        better = ~(gap >= best_gap[pending])  # true of the first attempt, whatever its gap
        best[pending[better]], best_gap[pending[better]] = values[better], gap[better]
        spent += steps
        used[pending] = spent * len(starts)
        pending = pending[gap > tolerance * change[pending].abs()]
        steps *= 2
    met = (best_gap <= tolerance * change.abs()) & change.isfinite()
    return Answer(best, checks={"steps_used": used, "tolerance_met": met})
