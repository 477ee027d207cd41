"""ReCo: whether explanations differ more between networks that contradict each other than between those that agree."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitrail.metrics.others import pairs
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class ReCo:
    """Relative consistency: how well the distance of two explanations tells whether the two networks agree   [1].

        ReCo = max over g of  share of S= with d <= g  +  share of S!= with d > g  -  1
        S= = { d(a(x; f_i), a(x; f_j)) : both right },    S!=: exactly one of them right,    d = sqrt(1 - |spearman|)

    It is one number for all examples. Each is given its part at the best g (the least one of several), times the number
    of examples: the mean over the examples is ReCo, to the last digit.

    Settings    models  other networks of the same task, opened: trained alike, on other folds. The explained network
                        is one of them too
                labels  the true class of each example; None: what the explained network says counts as right
    Laws        the mean is from 0 to 1: 0 when distances say nothing; invariant to a factor of the explanation, and to
                its sign
    Cost        that of the method, once for each network; nothing more beside MeGe
    Beware      networks rarely disagree, so S!= is small, ReCo is too high by chance, and the interval is wide: give
                examples that are hard. A part means nothing alone. NaN for all where S= or S!= is empty

    [1] Fel, Vigouroux, Cadène, Serre, "How Good is your Explanation? Algorithmic Stability Measures to Assess the
        Quality of Explanations for Deep Neural Networks", 2022, section 3; d as in the authors' own library
    """

    name: ClassVar[str] = "reco"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "consistency"
    models: tuple[Any, ...] = ()
    labels: Any = None

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        distances, both, one = pairs(subject, judged, self.models, self.labels)
        known = ~distances.isnan()
        alike, unlike = distances[both & known].sort().values, distances[one & known].sort().values
        if not len(alike) or not len(unlike):
            return distances.new_full((len(subject.x),), torch.nan)
        bounds = torch.cat([alike, unlike]).sort().values
        within, beyond = (torch.searchsorted(each, bounds, right=True) for each in (alike, unlike))
        found = within * len(unlike) - beyond * len(alike)  # whole numbers: no maximum by rounding
        below = distances <= bounds[found == found.max()][0]
        hits: Tensor = (both & known & below).sum(0).double() / len(alike)
        hits = hits + (one & known & ~below).sum(0).double() / len(unlike)
        return len(subject.x) * hits - 1
