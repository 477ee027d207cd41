"""Attribution localisation: how much of the positive relevance lies in the mask, for the size of it."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.masked import masks_of
from vitrail.metrics.subject import Judged, Subject, judged


@dataclass(frozen=True)
class AttributionLocalisation:
    """Positive relevance inside the mask over all of it, and over what an even map would have there   [1].

        mu = R_in / R_tot;  weighted: mu S_tot / S_in      R sums of max(a_i, 0), S numbers of elements of x

    Settings    weighted  whether it is divided by the share of x that the mask covers: 1 for an even map, whatever the
                          size of the mask
    Laws        from 0 to 1 (weighted: S_tot / S_in); invariant to a positive factor of the explanation
    Cost        no evaluation
    Beware      relevance is added up for each player before its sign is looked at. NaN where no player lies in the
                mask, and where no share is positive

    [1] Kohlbrenner, Bauer, Nakajima, Binder, Samek, Lapuschkin, "Towards Best Practice in Explaining Neural Network
        Decisions with LRP", 2020, attribution localization
    """

    name: ClassVar[str] = "attribution-localisation"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "localisation"
    weighted: bool = True

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        inside = masks_of(subject, self.name)
        positive = judged.shares.double().clamp(min=0)
        ratio = portion(positive, inside)
        if self.weighted:  # Quantus multiplies by the size of the mask; the paper divides by it
            ratio = ratio / portion(sizes(subject), inside)
        return torch.where(inside.any(1), ratio, torch.nan)


def sizes(subject: Subject) -> Tensor:
    """(batch, players) how many elements of x belong to each player; 0 for players that an example does not have."""
    ones = torch.ones(subject.x.shape, dtype=torch.float64, device=subject.x.device)
    return judged(subject, ones).shares


def portion(amounts: Tensor, inside: Tensor) -> Tensor:
    """(batch,) how much of the amounts lies inside, as a share of all; NaN where there is nothing."""
    return (amounts * inside).sum(1) / amounts.sum(1)
