"""Relative output stability: how much an explanation changes per change of what the network says."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near, length
from vitrail.metrics.relative import stability
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class RelativeOutputStability:
    """The largest change of the explanation, in shares of itself, per change of the logits   [1].

        max over y near x, of the same predicted class, of  |(a(y) - a(x)) / a(x)| / max(|h(y) - h(x)|, epsilon)

    h: all logits. Division is element by element, |.| Euclidean.

    Settings    radius   how far an element of x is moved at most, in units of x
                samples  copies y; the maximum over few is an underestimate
                epsilon  the least divisor: of the ratio, and of a(x) in shares of its largest element
                seed     of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; invariant to a factor of the explanation
    Cost        samples + 1 times that of the method, and `samples` forwards that all explanations share
    Beware      a copy that leaves the logits where they were is divided by epsilon and decides all. NaN where all
                copies change the class, or the explanation is 0 everywhere

    [1] Agarwal, Johnson, Pawelczyk, Krishna, Saxena, Zitnik, Lakkaraju, "Rethinking Stability for Attribution-based
        Explanations", 2022, eq. 5
    """

    name: ClassVar[str] = "relative-output-stability"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    radius: Share = 0.1
    samples: Count = 10
    epsilon: Share = 1e-6
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        near = Near(self.radius, self.samples, self.seed)
        logits = subject.model.said()[1].flatten(1).double()
        beside = length(near.heard(subject).logits - logits)
        return stability(subject, judged, near, beside, self.epsilon)
