"""Pointing game: whether the largest share lies in the mask."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.masked import leaders, masks_of
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class PointingGame:
    """Whether the player with the largest share lies in the mask: 1 for a hit, 0 for a miss   [1].

        hit = 1 if argmax_i a_i is in the mask, else 0; the mean over examples is the accuracy

    Settings    none
    Laws        the order of the shares alone matters
    Cost        no evaluation
    Beware      where several players have the largest share, it is the share of them that lies in the mask: a constant
                explanation gets the size of the mask. NaN where no player lies in the mask. The paper lets a hit be 15
                pixels off: widen the masks for that

    [1] Zhang, Bargal, Lin, Brandt, Shen, Sclaroff, "Top-down Neural Attention by Excitation Backprop", 2018,
        the pointing game
    """

    name: ClassVar[str] = "pointing-game"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        # Quantus takes any of several largest for a hit, so that a constant explanation would always hit.
        hit = leaders(subject, judged.shares, inside, torch.ones_like(inside[:, 0], dtype=torch.long))
        return torch.where(inside.any(1), hit, torch.nan)
