"""Smooth parameter randomisation: the same test on explanations from which noise was averaged away."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.attribution.smoothgrad import SmoothGrad
from vitrail.methods.settings import Count, Seed, Spread
from vitrail.metrics.again import recipe_of
from vitrail.metrics.parameter_randomisation import alike
from vitrail.metrics.redrawn import Order
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class SmoothParameterRandomisation:
    """How alike the explanation, averaged over noisy copies of x, stays when weights are drawn anew   [1].

        mean over k of  spearman(E a(x + e; f), E a(x + e; f with the modules of step k drawn anew)),  e ~ N(0, std^2)

    Settings    order     'rising' from the input up, a step being all modules so far, as in the paper; 'cascading' from
                          the output down; 'independent', each module alone
                std       standard deviation of the noise, in units of x
                samples   noisy copies
                absolute  whether sizes are compared, so that a change of sign counts as none
                seed      of the new weights and of the noise, the same for all explanations
    Laws        from -1 to 1, with `absolute` rarely below 0; invariant to a positive factor of the explanation
    Cost        `samples` times that of parameter randomisation
    Beware      the noise must suit the scaling of x. Steps in which either explanation is constant are left out; NaN
                where all are

    [1] Hedström, Weber, Lapuschkin, Höhne, "A Fresh Look at Sanity Checks for Saliency Maps", 2024, smooth MPRT
    """

    name: ClassVar[str] = "smooth-parameter-randomisation"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "randomisation"
    order: Order = "rising"
    std: Spread = 0.1
    samples: Count = 20
    absolute: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        smooth = SmoothGrad(recipe_of(judged), self.std, self.samples, self.seed)
        return torch.stack(list(alike(subject, smooth, self.order, self.absolute, self.seed))).nanmean(0)
