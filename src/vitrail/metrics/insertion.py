"""Insertion: how fast the target rises when the most important parts come first."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count
from vitrail.metrics.curves import area, curve
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class Insertion:
    """The mean height of the target while the most important players are put in, one share after the other   [1].

        insertion = integral over q in [0, 1] of  f(only the q most important of x)  dq

    It is the curve of taking the least important away first, walked backwards, and is made once for both.

    Settings    steps  points on the curve; more than there are players add nothing
    Laws        the order of the shares alone matters
    Cost        `steps` evaluations per example; SRG uses the same ones
    Beware      it is in units of the target, and depends on the fill: compare explanations, not networks

    [1] Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018, section 4.1
    """

    name: ClassVar[str] = "insertion"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 64

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return area(curve(subject, judged, "least", self.steps))
