"""Deletion: how fast the target falls when the most important parts go first."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count
from vitrail.metrics.curves import area, curve
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Deletion:
    """The mean height of the target while the most important players are taken away, one share after the other   [1].

        deletion = integral over q in [0, 1] of  f(x without the q most important)  dq

    Settings    steps  points on the curve; more than there are players add nothing
    Laws        the order of the shares alone matters
    Cost        `steps` evaluations per example; insertion, SRG and IROF use the same ones
    Beware      it is in units of the target, and depends on the fill: compare explanations, not networks. A network
                that falls at the sight of the fill itself makes all explanations look good; SRG does not

    [1] Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018, section 4.1
    """

    name: ClassVar[str] = "deletion"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 64

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return area(curve(subject, judged, "most", self.steps))
