"""How alike two explanations are, by the order into which they bring the parts of an example."""

import torch
from torch import Tensor

from vitrail.metrics.subsets import correlation


def ranks(values: Tensor) -> Tensor:
    """(batch, numbers) float64 ranks from 0, equal values sharing the mean of theirs; by sorting, for many numbers."""
    ordered, order = values.sort(1)
    changes = ordered[:, 1:] != ordered[:, :-1]
    edge, place = changes.new_ones(len(values), 1), torch.arange(values.shape[1], device=values.device)
    first = place.where(torch.cat([edge, changes], 1), 0).cummax(1).values
    last = place.where(torch.cat([changes, edge], 1), values.shape[1]).flip(1).cummin(1).values.flip(1)
    return torch.zeros_like(values, dtype=torch.float64).scatter_(1, order, (first + last).double() / 2)


def spearman(one: Tensor, other: Tensor, absolute: bool = False) -> Tensor:
    """(batch,) rank correlation of rows (batch, numbers), from -1 to 1; NaN where a row is constant or holds NaN.

    absolute  of the absolute values
    """
    one, other = (each.abs() if absolute else each for each in (one, other))
    found = correlation(ranks(one), ranks(other))
    return found.where(~(constant(one) | constant(other)), torch.nan)


def constant(values: Tensor) -> Tensor:
    """(batch,) whether the numbers of a row (batch, numbers) are all equal, but for rounding; or hold NaN."""
    spread, size = values.amax(1) - values.amin(1), values.abs().amax(1)
    return ~(spread > 8 * torch.finfo(values.dtype).eps * size)
