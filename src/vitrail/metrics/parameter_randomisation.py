"""Model parameter randomisation: whether the explanation depends on what the network has learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Method
from vitrail.methods.settings import Seed
from vitrail.metrics.again import own, recipe_of
from vitrail.metrics.redrawn import Order, answer_redrawn, parts, steps
from vitrail.metrics.similarity import spearman
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class ParameterRandomisation:
    """How alike the explanation stays when weights are drawn anew: the mean rank correlation over layers   [1].

        mean over k of  spearman(a(x; f), a(x; f with the modules of step k drawn anew))

    Settings    order     'cascading' from the output down, a step being all modules so far; 'rising' from the input up;
                          'independent', each module alone
                absolute  whether sizes are compared, so that a change of sign counts as none
                seed      of the new weights, the same for all explanations
    Laws        from -1 to 1, with `absolute` rarely below 0; invariant to a positive factor of the explanation
    Cost        as many times that of the method as there are modules with weights, and a copy of the network each
    Beware      noise in an explanation looks like dependence on the weights: compare the smooth variant. Steps in which
                either explanation is constant are left out; NaN where all are

    [1] Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim, "Sanity Checks for Saliency Maps", 2018, section 3
    """

    name: ClassVar[str] = "parameter-randomisation"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "randomisation"
    order: Order = "cascading"
    absolute: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return torch.stack(list(alike(subject, recipe_of(judged), self.order, self.absolute, self.seed))).nanmean(0)


def alike(subject: Subject, recipe: Method, order: Order, absolute: bool, seed: int) -> Iterator[Tensor]:
    """(batch,) step by step, how alike the explanation still is."""
    for names in steps(parts(subject), order):
        yield spearman(own(subject, recipe), answer_redrawn(subject, recipe, names, seed), absolute)
