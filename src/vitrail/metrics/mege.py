"""MeGe: whether networks of the same task that are right have the same explanation."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitrail.metrics.others import pairs
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class MeGe:
    """Mean generalisability: how near the explanations by networks trained on other examples are   [1].

        MeGe = 1 / (1 + mean of S=),    S= = { d(a(x; f_i), a(x; f_j)) : f_i and f_j both right about x }
        d = sqrt(1 - |spearman|)

    The paper takes one mean over all examples; here each has its own, so that there is an interval.

    Settings    models  other networks of the same task, opened: trained alike, on other folds. The explained network
                        is one of them too
                labels  the true class of each example; None: what the explained network says counts as right
    Laws        from 0.5 to 1; invariant to a factor of the explanation, and to its sign
    Cost        that of the method, once for each network
    Beware      a method that does not look at the network (edges) is perfectly general: read it beside ReCo, and
                beside a faithfulness. All networks are asked about the class that was asked of the explained one, with
                labels best target=labels. The paper counts pairs of which one has learnt x and the other has not;
                give examples that only some have learnt. NaN where no two are right, or all answers are constant

    [1] Fel, Vigouroux, Cadène, Serre, "How Good is your Explanation? Algorithmic Stability Measures to Assess the
        Quality of Explanations for Deep Neural Networks", 2022, section 3; d as in the authors' own library
    """

    name: ClassVar[str] = "mege"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "consistency"
    models: tuple[Any, ...] = ()
    labels: Any = None

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        found = pairs(subject, judged, self.models, self.labels)
        return 1 / (1 + found.distances.where(found.both, torch.nan).nanmean(0))
