"""Completeness: how far the shares are from adding up to what they explain."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Completeness:
    """The distance of all shares together from the change in the target, as a share of that change   [1].

        | sum of a_i - (f(x) - f(nobody there)) | / | f(x) - f(nobody there) |

    Settings    none
    Laws        0 for methods that share the target out over the same fill
    Cost        one evaluation per example, shared by all explanations
    Beware      it is measured against the fill of the comparison: a method with another baseline shares out another
                change. An explanation in other units (a gradient, a map) is far off. NaN where the target does not
                change

    [1] Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", 2017, proposition 1
    """

    name: ClassVar[str] = "completeness"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "axioms"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        nobody = torch.zeros_like(subject.plays)[:, None]
        change = subject.whole.double() - subject.once("empty", lambda: subject.worth(nobody)[:, 0].double())
        gap = (judged.shares.double().sum(1) - change).abs()
        return torch.where(change != 0, gap / change.abs(), torch.nan)
