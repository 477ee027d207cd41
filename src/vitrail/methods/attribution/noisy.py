"""Asking another method at noisy copies of x."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from vitrail.methods.answer import Answer, Method, values_of
from vitrail.methods.attribution.moments import Moments, moments
from vitrail.model import Model
from vitrail.target import Target


class Noisy(Protocol):
    """A method that holds a method and asks it at noisy copies of x."""

    @property
    def of(self) -> Method: ...
    @property
    def std(self) -> float: ...
    @property
    def samples(self) -> int: ...
    @property
    def seed(self) -> int: ...


def noisy_moments(
    how: Noisy,
    model: Model,
    x: Tensor,
    target: Target,
    then: Callable[[Tensor], Tensor] = Tensor.clone,
    powers: int = 2,
) -> Moments:
    """The moments of then(values of how.of) over x + N(0, std^2).

    Every draw uses the same noise for all examples, so that an example gets the same answer alone and in a batch.
    """
    seeds = torch.randint(2**62, (how.samples,), generator=torch.Generator().manual_seed(how.seed))
    likes: list[Answer] = []

    def noise(step: int) -> Tensor:
        generator = torch.Generator().manual_seed(int(seeds[step]))
        return how.std * torch.randn(x.shape[1:], generator=generator, dtype=torch.float64).to(x)

    def draw(part: Model, rows: Tensor, steps: Tensor) -> Tensor:
        made = {int(k): noise(int(k)) for k in set(steps.tolist())}
        given = how.of(part, x[rows] + torch.stack([made[int(k)] for k in steps]), target)
        likes[:] = [given] if isinstance(given, Answer) else []
        return then(values_of(given))

    found = moments(model, x, how.samples, draw, powers)
    return replace(found, like=likes[0] if likes else None)
