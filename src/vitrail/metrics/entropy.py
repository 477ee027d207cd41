"""Entropy complexity: over how many players an explanation is spread."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Entropy:
    """The entropy of how the explanation is shared out, in nats   [1].

        complexity = - sum_i p_i ln p_i      p_i = |a_i| / sum_j |a_j|

    Settings    none
    Laws        from 0 (one player has everything) to ln d, for d players; invariant to a factor of the explanation and
                to the order of the players
    Cost        no evaluation
    Beware      it says nothing of whether the explanation is right. ln d for a constant explanation, zeros included;
                compare explanations over the same players

    [1] Bhatt, Weller, Moura, "Evaluating and Aggregating Feature-based Model Explanations", 2020, definition of
        complexity
    """

    name: ClassVar[str] = "entropy"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "complexity"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        given = torch.where(subject.plays, judged.shares.double().abs(), 0.0)
        total = given.sum(1, keepdim=True)
        alike = subject.plays / subject.plays.sum(1, keepdim=True).double()
        portion = torch.where(total > 0, given / total, alike)
        return -torch.xlogy(portion, portion).sum(1)
