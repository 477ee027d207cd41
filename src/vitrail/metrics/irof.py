"""IROF: the share of the target that goes with the most important parts."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Count
from vitrail.metrics.curves import area, curve
from vitrail.metrics.subject import Judged, Subject, judged


@dataclass(frozen=True)
class IROF:
    """The area over the curve of deletion, as a share of the target at x   [1].

        IROF = integral over q in [0, 1] of  1 - f(x without the q most important) / f(x)  dq

    A segment is as important as the mean of what its elements were given, not their sum, as for other metrics.

    Settings    steps  points on the curve; more than there are players add nothing
    Laws        the order of the shares alone matters; invariant to a positive factor of the target
    Cost        `steps` evaluations per example, those of deletion where all players are of one size
    Beware      meant for a probability, and for players that are superpixels; NaN where the target at x is not positive

    [1] Rieger, Hansen, "IROF: a low resource evaluation metric for explanation methods", 2020, eq. 1
    """

    name: ClassVar[str] = "irof"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 64

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        whole = subject.whole.double()
        left = area(curve(subject, by_mean(subject, judged), "most", self.steps)) / whole
        return torch.where(whole > 0, 1 - left, torch.nan)


def by_mean(subject: Subject, explained: Judged) -> Judged:
    """The same explanation with the mean of each player's elements as its share; itself where all are of one size."""
    sizes = judged(subject, torch.ones_like(subject.x, dtype=torch.float64)).shares
    own = sizes.where(subject.plays, sizes[:, :1])
    if bool((own == own[:, :1]).all()):
        return explained
    shares = explained.shares / sizes.clamp(min=1)
    return subject.once(("by mean", explained), lambda: replace(explained, shares=shares))
