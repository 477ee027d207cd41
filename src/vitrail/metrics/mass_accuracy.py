"""Relevance mass accuracy: how much of an explanation lies in the mask."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from vitrail.metrics.masked import masks_of
from vitrail.metrics.subject import Judged, Subject

Sign = Literal["positive", "absolute"]


@dataclass(frozen=True)
class MassAccuracy:
    """What the players in the mask were given, as a share of what all were given   [1].

        mass accuracy = sum of r_i over the mask / sum of r_i      r_i = max(a_i, 0), or |a_i|

    Settings    sign  which shares count: 'positive' ones, or all of them by their 'absolute' value
    Laws        from 0 to 1; invariant to a positive factor of the explanation
    Cost        no evaluation
    Beware      a constant explanation gets the size of the mask, so large masks are easy. NaN where no player lies in
                the mask, and where nothing counts: no share is positive, or all are 0

    [1] Arras, Osman, Samek, "CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network
        explanations", 2022, relevance mass accuracy, on relevance pooled to one number that is not negative
    """

    name: ClassVar[str] = "mass-accuracy"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"
    sign: Sign = "positive"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        shares = judged.shares.double()
        # With signs left in, as Quantus may be given them, the ratio leaves [0, 1]; the paper pools them away.
        mass = torch.where(subject.plays, shares.clamp(min=0) if self.sign == "positive" else shares.abs(), 0.0)
        score = (mass * inside).sum(1) / mass.sum(1)  # 0 / 0 is NaN
        return torch.where(inside.any(1), score, torch.nan)
