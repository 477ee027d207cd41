"""Relative input stability: how much more an explanation changes than the input does."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near
from vitrail.metrics.relative import change, stability
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class RelativeInputStability:
    """The largest change of the explanation, in shares of itself, per change of the input in shares of itself   [1].

        max over y near x, of the same predicted class, of  |(a(y) - a(x)) / a(x)| / max(|(y - x) / x|, epsilon)

    Division is element by element, |.| Euclidean.

    Settings    radius   how far an element of x is moved at most, in units of x
                samples  copies y; the maximum over few is an underestimate
                epsilon  the least divisor: of the ratio, and of a(x) and x in shares of their largest element
                seed     of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; invariant to a factor of the explanation
    Cost        samples + 1 times that of the method
    Beware      elements that were given next to nothing decide it, and pixels of 0 the divisor. NaN where all copies
                change the class, or the explanation or x is 0 everywhere

    [1] Agarwal, Johnson, Pawelczyk, Krishna, Saxena, Zitnik, Lakkaraju, "Rethinking Stability for Attribution-based
        Explanations", 2022, eq. 2
    """

    name: ClassVar[str] = "relative-input-stability"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    radius: Share = 0.1
    samples: Count = 10
    epsilon: Share = 1e-6
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        near = Near(self.radius, self.samples, self.seed)
        copies, x = near.x(subject).flatten(2), subject.x.flatten(1)
        return stability(subject, judged, near, change(copies, x, self.epsilon), self.epsilon)
