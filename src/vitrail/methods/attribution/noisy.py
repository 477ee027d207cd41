"""Means and variances over random copies, with the standard error of the mean."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.methods.answer import Answer, Method, values_of
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and (unbiased) variance of `count` draws, each shaped like one method's values; and the answer's axes."""

    mean: Tensor
    variance: Tensor
    count: int
    like: Answer | None = None

    def answer(self, values: Tensor, error: Tensor) -> Answer:
        """Values with their standard error, element by element and as one number per example."""
        axes = None if self.like is None else self.like.axes
        kind = "attribution" if self.like is None else self.like.kind
        overall = error.flatten(1).square().mean(1).sqrt()
        arrays = {} if axes is None and kind != "attribution" else {"standard_error": (error, axes or ())}
        return Answer(values, axes, kind, arrays, {"standard_error": overall})

    def as_mean(self) -> Answer:
        return self.answer(self.mean, (self.variance / self.count).sqrt())


def moments(model: Model, x: Tensor, count: int, draw: Callable[[Model, Tensor, Tensor], Tensor]) -> Moments:
    """Mean and variance of draw(model at rows, rows, steps) over `count` steps, in one sweep.

    Deviations are taken from the first draw, so that a small variance beside a large mean is not lost to rounding.
    """
    zero = torch.zeros(1, dtype=torch.long, device=x.device)
    first = model.over(Sweep(len(x), 1, _unused), lambda part, rows, steps: draw(part, rows, zero.expand(len(rows))))
    if count == 1:
        return Moments(first, torch.full_like(first, torch.nan), 1)

    def both(part: Model, rows: Tensor, steps: Tensor) -> Tensor:
        deviation = draw(part, rows, steps + 1) - first[rows]
        return torch.stack([deviation, deviation.square()], 1)

    sums = (count - 1) * model.over(Sweep(len(x), count - 1, _unused), both)
    shift = sums[:, 0] / count
    spread = (sums[:, 1] - count * shift.square()).clamp(min=0)
    return Moments(first + shift, spread / (count - 1), count)


def _unused(rows: Tensor, steps: Tensor) -> Tensor:
    raise AssertionError("the draws make their own points")


def noisy_moments(of: Method, model: Model, x: Tensor, target: Target, std: float, samples: int, seed: int) -> Moments:
    """The moments of a method's values over x + N(0, std^2).

    Every draw uses the same noise for all examples, so that an example gets the same answer alone and in a batch.
    """
    seeds = torch.randint(2**62, (samples,), generator=torch.Generator().manual_seed(seed))
    likes: list[Answer] = []

    def noise(step: int) -> Tensor:
        generator = torch.Generator().manual_seed(int(seeds[step]))
        return std * torch.randn(x.shape[1:], generator=generator, dtype=x.dtype).to(x.device)

    def draw(part: Model, rows: Tensor, steps: Tensor) -> Tensor:
        made = {int(k): noise(int(k)) for k in set(steps.tolist())}
        given = of(part, x[rows] + torch.stack([made[int(k)] for k in steps]), target)
        likes[:] = [given] if isinstance(given, Answer) else []
        return values_of(given)

    found = moments(model, x, samples, draw)
    return Moments(found.mean, found.variance, found.count, likes[0] if likes else None)
