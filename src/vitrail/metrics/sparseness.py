"""Sparseness: how few players an explanation gives something."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Sparseness:
    """The Gini index of what players are given, whatever its sign   [1].

        sparseness = 1 - 2 sum_k ( v_k / sum_i v_i ) (d - k + 0.5) / d      v: |a| in rising order, d players

    Settings    none
    Laws        from 0 to 1 - 1 / d; invariant to a factor of the explanation and to the order of the players
    Cost        no evaluation
    Beware      it says nothing of whether the explanation is right. 0 for a constant explanation, zeros included;
                bounded by the number of players, so compare explanations over the same players

    [1] Chalasani, Chen, Chowdhury, Jha, Wu, "Concise Explanations of Neural Networks using Adversarial Training", 2020,
        where the Gini index is defined, after Hurley, Rickard, "Comparing Measures of Sparsity", 2009
    """

    name: ClassVar[str] = "sparseness"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "complexity"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        # Quantus adds 1e-7 to every value first, which takes from the index where shares are small; the paper does not.
        given = torch.where(subject.plays, judged.shares.double().abs(), 0.0)
        total, count = given.sum(1, keepdim=True), subject.plays.sum(1, keepdim=True)
        # places are counted from the top: those who do not play are zeros below all others
        place = torch.arange(subject.most, 0, -1, device=given.device)
        weights = given.sort(1).values / total * (place - 0.5) / count
        return torch.where(total[:, 0] > 0, 1 - 2 * weights.sum(1), 0.0)
