"""Symmetric relevance gain: what the order is worth, whatever the fill does."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count
from vitrail.metrics.curves import area, curve
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class SRG:
    """The area between taking the least and the most important players away first   [1].

        SRG = integral over q of  f(x without the q least important) - f(x without the q most important)  dq

    What the fill does to the network it does to both curves, so that a ranking of explanations depends little on it.

    Settings    steps  points on each curve; more than there are players add nothing
    Laws        the order of the shares alone matters; the reversed order has the negative score
    Cost        2 * `steps` evaluations per example, those of deletion and insertion
    Beware      it is in units of the target: compare explanations, not networks

    [1] Blücher, Vielhaben, Strodthoff, "Decoupling Pixel Flipping and Occlusion Strategy for Consistent XAI
        Benchmarks", 2024, section 3.3
    """

    name: ClassVar[str] = "srg"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 64

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return area(curve(subject, judged, "least", self.steps) - curve(subject, judged, "most", self.steps))
