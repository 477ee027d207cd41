"""Localisation AUC: whether players in the mask have larger shares than players outside."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.masked import masks_of
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class LocalisationAUC:
    """The area under the ROC curve when the shares say who lies in the mask   [1].

        AUC = P( a_i > a_j ) + P( a_i = a_j ) / 2      i drawn in the mask, j outside

    Settings    none
    Laws        from 0 to 1, 0.5 by chance; the order of the shares alone matters; turned round for the negative
    Cost        no evaluation
    Beware      players with equal shares count half, so a constant explanation gets 0.5. With a small mask most of the
                area is decided far from the top. NaN where no player lies in the mask, or all do

    [1] Fawcett, "An introduction to ROC analysis", 2006, section 7
    """

    name: ClassVar[str] = "localisation-auc"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        outside = subject.plays & ~inside
        shares = judged.shares.double().contiguous()
        others = torch.where(outside, shares, torch.inf).sort(1).values  # who lies outside, then infinity
        below = torch.searchsorted(others, shares) + torch.searchsorted(others, shares, right=True)
        pairs = inside.sum(1).double() * outside.sum(1)
        return (below * inside).sum(1) / (2 * pairs)  # 0 / 0 is NaN
