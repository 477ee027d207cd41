"""Efficient parameter randomisation: how much more complex the explanation of a network without knowledge is."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Count, Seed
from vitrail.metrics.again import own, recipe_of
from vitrail.metrics.redrawn import answer_redrawn, parts
from vitrail.metrics.similarity import constant
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class EfficientParameterRandomisation:
    """How much the complexity of the explanation rises when all weights are drawn anew   [1].

        ( H(a(x; f anew)) - H(a(x; f)) ) / H(a(x; f)),    H = - sum over bins of p log p

    p: the shares of an explanation's elements in bins of equal width from its least to its largest.

    Settings    bins  how many
                seed  of the new weights, the same for all explanations
    Laws        invariant to a factor of either sign of the explanation, and to what is added to it
    Cost        twice that of the method, and one copy of the network
    Beware      the value of the network that is judged should be good, or there is nothing to lose. NaN where the
                explanation is constant or holds NaN; an explanation that becomes constant is at -1

    [1] Hedström, Weber, Lapuschkin, Höhne, "A Fresh Look at Sanity Checks for Saliency Maps", 2024, efficient MPRT
    """

    name: ClassVar[str] = "efficient-parameter-randomisation"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "randomisation"
    bins: Count = 100
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        recipe = recipe_of(judged)
        before = entropy(own(subject, recipe), self.bins)
        after = entropy(answer_redrawn(subject, recipe, parts(subject), self.seed), self.bins)
        return ((after - before) / before).where(before > 0, torch.nan)


def entropy(values: Tensor, bins: int) -> Tensor:
    """(batch,) the entropy of the histogram of each row (batch, numbers), in nats: 0 for a constant row."""
    flat, broken = constant(values), values.isnan().any(1)
    values = values.double()
    low, high = values.amin(1, keepdim=True), values.amax(1, keepdim=True)
    width = torch.where(flat[:, None], torch.inf, high - low)
    place = ((values - low) / width * bins).nan_to_num(0).long().clamp(max=bins - 1)
    counts = values.new_zeros(len(values), bins).scatter_add_(1, place, torch.ones_like(values))
    shares = counts / values.shape[1]
    found = -torch.xlogy(shares, shares).sum(1)
    return found.where(~broken, torch.nan)
