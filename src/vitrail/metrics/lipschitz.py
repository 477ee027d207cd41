"""Local Lipschitz: how steeply an explanation changes around the input."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near, largest
from vitrail.metrics.sensitivity import moves
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class LocalLipschitz:
    """The largest change of the explanation per distance, at inputs near x   [1].

        max over y with |y_i - x_i| <= radius of  |a(y) - a(x)| / |y - x|,   relative: / |a(x)|

    |.| is Euclidean. The paper maximises by Bayesian optimisation or over the examples of a data set; here it is over
    draws that are uniform in the cube.

    Settings    radius    how far an element of x is moved at most, in units of x
                samples   copies y; the maximum over few is an underestimate
                relative  whether the change is a share of the explanation, which methods of other units can be
                          compared by; False is the paper's definition
                seed      of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; relative: invariant to a factor of the explanation
    Cost        samples + 1 times that of the method, nothing more after max sensitivity
    Beware      in units of 1 / x, so that it depends on how x is scaled. NaN, if relative, where the explanation is 0
                everywhere, and where the radius is lost in the rounding of x

    [1] Alvarez-Melis, Jaakkola, "On the Robustness of Interpretability Methods", 2018, eq. 3 and 4
    """

    name: ClassVar[str] = "local-lipschitz"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    radius: Share = 0.1
    samples: Count = 10
    relative: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        near = Near(self.radius, self.samples, self.seed)
        distance = near.moved(subject)
        return largest(moves(subject, judged, near, self.relative) / distance, distance > 0)
