"""Top-k intersection: how many of a given number of the most important players lie in the mask."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Fraction
from vitrail.metrics.masked import leaders, masks_of
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class TopKIntersection:
    """The share of the k players with the largest shares that lies in the mask   [1].

        top-k intersection = |top k players within the mask| / k;  weighted: divided by |mask| / players

    Settings    top       k, as a share of the players, rounded up; the paper gives a number of pixels
                weighted  whether it is divided by the share of the players that the mask holds: 1 by chance, whatever
                          the size of the mask; the paper's concept influence
    Laws        from 0 to 1 (weighted: players / |mask|); the order of the shares alone matters
    Cost        no evaluation
    Beware      of players with equal shares each is as likely to be among the k: a constant explanation is at chance.
                No explanation reaches 1 where the mask holds fewer than k. NaN where no player lies in the mask

    [1] Theiner, Mueller-Budack, Ewerth, "Interpretable Semantic Photo Geolocation", 2021, concept influence
    """

    name: ClassVar[str] = "top-k-intersection"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"
    top: Fraction = 0.1
    weighted: bool = False

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        players, count = subject.plays.sum(1), inside.sum(1)
        k = (self.top * players.double() - 1e-9).ceil().long().clamp(min=1)  # 0.07 of 100 is 7, whatever floats say
        hits = leaders(subject, judged.shares, inside, k) / k
        return torch.where(count > 0, hits * players / count if self.weighted else hits, torch.nan)
