"""Means and variances over random draws, with their standard errors."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.model import Model, Sweep


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of `count` draws, each shaped like one method's values.

    mean      their mean
    variance  their unbiased variance; NaN for a single draw
    fourth    their fourth central moment; None unless it was asked for
    like      one of the answers that were averaged, for its axes and kind
    """

    mean: Tensor
    variance: Tensor
    count: int
    fourth: Tensor | None = None
    like: Answer | None = None

    def answer(self, values: Tensor, error: Tensor) -> Answer:
        """Values with their standard error, element by element and as one number per example."""
        axes = None if self.like is None else self.like.axes
        kind = "attribution" if self.like is None else self.like.kind
        overall = error.flatten(1).square().mean(1).sqrt()
        arrays = {} if axes is None and kind != "attribution" else {"standard_error": (error, axes or ())}
        total = None  # the values add up, unless those that were averaged do not
        if self.like is not None and self.like.total is not None:
            total = values.new_full(values.shape[:1], torch.nan)
        return Answer(values, axes, kind, arrays, {"standard_error": overall}, total)

    def as_mean(self, of: int | None = None) -> Answer:
        """of: how many there are to draw from, where none is drawn twice; all of them together leave no error."""
        if of == self.count:
            return self.answer(self.mean, torch.zeros_like(self.mean))
        left = 1.0 if of is None else 1 - self.count / of
        return self.answer(self.mean, (self.variance / self.count * left).sqrt())

    def as_variance(self) -> Answer:
        """Var(s^2) = (mu_4 - (n - 3) / (n - 1) sigma^4) / n for draws of any distribution, estimates put in."""
        assert self.fourth is not None
        n = self.count
        error = (self.fourth - (n - 3) / (n - 1) * self.variance.square()) / n
        return self.answer(self.variance, error.clamp(min=0).sqrt())


def moments(
    model: Model, x: Tensor, count: int, draw: Callable[[Model, Tensor, Tensor], Tensor], powers: int = 2
) -> Moments:
    """Mean and variance, with powers=4 also the fourth moment, of draw(model at rows, rows, steps) over `count` steps.

    One sweep. Deviations are taken from the first draw, so that a small variance beside a large mean is not lost to
    rounding.
    """
    zero = torch.zeros(1, dtype=torch.long, device=x.device)
    first = model.over(Sweep(len(x), 1, _unused), lambda part, rows, steps: draw(part, rows, zero.expand(len(rows))))
    if count == 1:
        return Moments(first, torch.full_like(first, torch.nan), 1)

    def raised(part: Model, rows: Tensor, steps: Tensor) -> Tensor:
        deviation = draw(part, rows, steps + 1) - first[rows]
        return torch.stack([deviation**power for power in range(1, powers + 1)], 1)

    shares = torch.full((count - 1,), 1 / count, dtype=x.dtype)  # the first draw's own deviation is 0
    shift, square, *higher = model.over(Sweep(len(x), count - 1, _unused, shares), raised).unbind(1)
    variance = (square - shift.square()).clamp(min=0) * count / (count - 1)
    fourth = higher[1] - 4 * shift * higher[0] + 6 * shift.square() * square - 3 * shift**4 if higher else None
    return Moments(first + shift, variance, count, fourth)


def _unused(rows: Tensor, steps: Tensor) -> Tensor:
    raise AssertionError("the draws make their own points")
