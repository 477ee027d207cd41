"""SaCo: whether groups of parts that are given more take more of the target away, by as much."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Count
from vitrail.metrics.curves import ranks
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class SaCo:
    """Salience-guided faithfulness: pairs of groups in the right order, by the difference of what they got   [1].

        SaCo = sum over i < j of  w_ij / sum of |w_ij|,   w_ij = s_i - s_j where group i takes at least as much of the
        target away as group j, else s_j - s_i

    Players are parted by their rank into `steps` groups of equal number; s_i is what group i was given in all.

    Settings    steps  groups, at least 2; fewer where there are fewer players
    Laws        from -1 to 1; invariant to a positive factor of the explanation
    Cost        `steps` evaluations per example
    Beware      groups are large where there are many players: what happens within one is not seen. NaN where all groups
                were given the same

    [1] Wu, Kang, Tang, Hong, Yan, "On the Faithfulness of Vision Transformer Explanations", 2024, algorithm 1
    """

    name: ClassVar[str] = "saco"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 10

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        counts = subject.plays.sum(1, keepdim=True)
        groups = min(max(self.steps, 2), int(counts.min()))
        own = (ranks(subject, judged.shares) * groups // counts).clamp(max=groups)  # who does not play is in none
        mine = own[:, None, :] == torch.arange(groups, device=own.device)[:, None]  # (batch, groups, players)
        given = (mine * judged.shares.double()[:, None]).sum(2)
        fall = subject.whole[:, None].double() - subject.worth(~mine).double()
        apart = given[:, :, None] - given[:, None, :]
        right = fall[:, :, None] >= fall[:, None, :]
        weight = torch.where(right, apart, -apart).triu(1)
        total = weight.abs().sum((1, 2))
        return torch.where(total > 0, weight.sum((1, 2)) / total, torch.nan)
