"""Fills: what is put where players are absent, given what is there."""

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.conditional import conditional
from vitrail.inputs.imputed import imputed
from vitrail.inputs.inpaint import inpaint

Filling = Literal["baseline", "conditional", "inpaint", "linear"]


class Fill(Protocol):
    """What stands in for absent players of each example of x.

    count  how many points stand for one coalition; its worth is their mean
    """

    @property
    def count(self) -> int: ...

    def __call__(self, rows: Tensor, which: Tensor, here: Tensor) -> Tensor:
        """The points (m, ...): example `rows[j]`, stand-in number `which[j]`, what is there `here[j]`.

        here: broadcastable to (m, ...); bool, or float in [0, 1] where elements are there in part.
        """
        ...


@dataclass(frozen=True, eq=False)
class Replace:
    """The baseline's values, whatever else is there; several references are averaged over.

    x       (batch, ...)
    starts  (count, batch, ...)
    """

    x: Tensor
    starts: Tensor

    @property
    def count(self) -> int:
        return len(self.starts)

    def __call__(self, rows: Tensor, which: Tensor, here: Tensor) -> Tensor:
        x, start = self.x[rows], self.starts[which, rows]
        return torch.where(here, x, start) if here.dtype == torch.bool else torch.lerp(start, x, here.to(x))


def fill_of(fill: Filling, baseline: Baseline, x: Tensor, axes: tuple[str, ...]) -> Fill:
    """The fill behind the settings `fill` and `baseline`.

    "baseline"     the baseline's values: one reference, or the mean over several
    "conditional"  draws from the normal distribution of a background, given what is there: tables of numbers
    "inpaint"      the surroundings, continued smoothly: pictures; no baseline is used
    "linear"       every absent pixel the weighted mean of its neighbours, and a little noise: pictures; no baseline

    Raises BadSetting for a fill that does not suit x or the baseline.
    """
    if fill == "conditional":
        return conditional(baseline, x, axes)
    if fill == "baseline":
        return Replace(x, baseline(x, axes))
    if baseline != Constant(0.0):
        raise BadSetting(
            f"fill={fill!r} was given the baseline {baseline.as_json()!r}, of which it would use nothing. One of the "
            "two was expected. Leave the baseline out, or use fill='baseline'."
        )
    return inpaint(x, axes) if fill == "inpaint" else imputed(x, axes)
