"""Relative stability: how much an explanation changes, in shares of itself, beside something else that changes."""

import torch
from torch import Tensor

from vitrail.metrics.again import own, recipe_of
from vitrail.metrics.near import Near, largest, length
from vitrail.metrics.subject import Judged, Subject


def change(copies: Tensor, original: Tensor, epsilon: float) -> Tensor:
    """(samples, batch) the norm of (copy - original) / original, element by element, of (samples, batch, numbers).

    NaN where the original is 0 everywhere: nothing is a share of nothing.
    """
    # The paper divides by numbers that may be 0. An absolute floor would make the score depend on the units of the
    # explanation, so it is a share of the largest number.
    copies, original = copies.double(), original.double()
    floor = original.abs().amax(1, keepdim=True)
    shares = (copies - original) / original.abs().maximum(epsilon * floor)
    return length(shares).where(floor[:, 0] > 0, torch.nan)


def stability(subject: Subject, judged: Judged, near: Near, beside: Tensor, epsilon: float) -> Tensor:
    """(batch,) the largest ratio of the explanation's relative change to another, over copies of the same class.

    beside  (samples, batch) what it is divided by, where it is not below epsilon
    """
    recipe = recipe_of(judged)
    changed = change(near.answers(subject, recipe), own(subject, recipe), epsilon)
    return largest(changed / beside.clamp(min=epsilon), near.heard(subject).same)
