"""Input invariance: whether the explanation stays when x is shifted, and the network takes the shift away again."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Share
from vitrail.metrics.again import own, recipe_of
from vitrail.metrics.near import length
from vitrail.metrics.shifted import answer_shifted
from vitrail.metrics.subject import Judged, Subject

ROUNDING = 100  #: a change of so many of the smallest steps of x's type, as a share, may come from the shift itself


@dataclass(frozen=True)
class InputInvariance:
    """How far the explanation moves when all of x is shifted, and the network made up for it, as a share of it   [1].

        | a(x + s; f') - a(x; f) | / | a(x; f) |,    f'(x) = f(x - s),    so that f'(x + s) = f(x)

    |.| is Euclidean. The shift is the first operation of f', where the paper changes the first bias: with padding by
    zeros that is another function.

    Settings    shift  what is added to every element of x, in units of x
    Laws        0 for gradients and whatever is made of them alone; invariant to a factor of the explanation
    Cost        twice that of the method
    Beware      x in other units is the same x: a method that fails takes its 0 to mean something. Input * gradient
                moves by s * gradient. Integrated gradients fails with a baseline of 0, and passes with one that moves
                along, such as the mean of x. LRP passes here: it takes what comes before the first weight for a
                change of units, and would fail by a bias. What rounding may have done counts as 0. NaN where the
                explanation is 0 everywhere, unless it stays so

    [1] Kindermans, Hooker, Adebayo, Alber, Schütt, Dähne, Erhan, Kim, "The (Un)reliability of Saliency Methods", 2017,
        section 2
    """

    name: ClassVar[str] = "input-invariance"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "axioms"
    asks: ClassVar[bool] = True
    shift: Share = 1.0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        recipe = recipe_of(judged)
        before, after = own(subject, recipe), answer_shifted(subject, recipe, self.shift)
        moved, size = length(after.double() - before.double()), length(before)
        moved = moved.where(moved > ROUNDING * torch.finfo(before.dtype).eps * size, 0.0)
        return torch.where(size > 0, moved / size, torch.where(moved > 0, torch.nan, 0.0).to(moved))
