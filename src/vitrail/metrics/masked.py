"""Masks: which players lie where the answer should be found, and how many of the most important ones do."""

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.metrics.subject import Subject


def masks_of(subject: Subject, metric: str) -> Tensor:
    """(batch, players) bool: the players of each example that lie in its mask.

    Raises BadInput where nobody gave masks, or they do not fit the players.
    """
    if subject.masks is None:
        raise BadInput(
            f"{metric} compares explanations with masks, and none were given. A mask for every example was expected, "
            "true where the answer should be found. Give masks, or leave this metric out."
        )
    if subject.masks.shape != subject.plays.shape or subject.masks.dtype != torch.bool:
        raise BadInput(
            f"masks are {subject.masks.dtype} of shape {tuple(subject.masks.shape)}. True or false for every example "
            f"and player, {tuple(subject.plays.shape)}, was expected. Say for each player whether it lies in the mask."
        )
    return subject.masks & subject.plays


def leaders(subject: Subject, shares: Tensor, inside: Tensor, count: Tensor) -> Tensor:
    """(batch,) float64: how many of the `count` (batch,) players with the largest shares lie inside.

    Of players with equal shares each is as likely to be among them: it is the mean over all orders of these. A count
    of 0 is taken for 1.
    """
    known = torch.where(subject.plays, shares.double(), -torch.inf)
    last = known.sort(1, descending=True).values.gather(1, count.clamp(min=1)[:, None] - 1)
    above, level = known > last, known == last
    left = count.clamp(min=1) - above.sum(1)
    return (above & inside).sum(1) + left * (level & inside).sum(1) / level.sum(1).double()
