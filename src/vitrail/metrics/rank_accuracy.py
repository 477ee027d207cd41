"""Relevance rank accuracy: how many of the most important players lie in the mask."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.masked import leaders, masks_of
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class RankAccuracy:
    """The share of the mask that the players with the largest shares fill, as many as lie in it   [1].

        rank accuracy = |top K players within the mask| / K      K players in the mask

    Settings    none
    Laws        from 0 to 1; the order of the shares alone matters
    Cost        no evaluation
    Beware      of players with equal shares each is as likely to be among the K, so a constant explanation gets the
                size of the mask; with a large mask even the worst gets something. NaN where no player lies in the mask

    [1] Arras, Osman, Samek, "CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network
        explanations", 2022, relevance rank accuracy
    """

    name: ClassVar[str] = "rank-accuracy"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        count = inside.sum(1)
        return torch.where(count > 0, leaders(subject, judged.shares, inside, count) / count, torch.nan)
