"""How far an explanation moves at inputs near x."""

import torch
from torch import Tensor

from vitrail.metrics.again import own, recipe_of
from vitrail.metrics.near import Near, length
from vitrail.metrics.subject import Judged, Subject


def moves(subject: Subject, judged: Judged, near: Near, relative: bool) -> Tensor:
    """(samples, batch) the Euclidean distance of the explanation at a copy from that of its original.

    relative  as a share of the norm of that of the original; NaN where it is 0
    """
    recipe = recipe_of(judged)
    original = own(subject, recipe)
    distance = length(near.answers(subject, recipe) - original)
    if not relative:
        return distance
    # The paper's formula has no divisor, its authors' code has: without one a method is as unstable as its units are
    # small.
    size = length(original)
    return (distance / size).where(size > 0, torch.nan)
