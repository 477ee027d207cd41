"""Average sensitivity: how far an explanation moves on average when the input moves a little."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near
from vitrail.metrics.sensitivity import moves
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class AverageSensitivity:
    """The mean change of the explanation at inputs near x   [1].

        mean over y with |y_i - x_i| <= radius of  |a(y) - a(x)|,   relative: / |a(x)|

    |.| is Euclidean; the mean is over draws that are uniform in the cube.

    Settings    radius    how far an element of x is moved at most, in units of x
                samples   copies y; the error falls as 1 / sqrt(samples)
                relative  whether the change is a share of the explanation, which methods of other units can be
                          compared by; False is the paper's definition
                seed      of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; relative: invariant to a factor of the explanation
    Cost        samples + 1 times that of the method, nothing more after max sensitivity
    Beware      an explanation that is the same for every input is perfectly stable and worth nothing. NaN, if relative,
                where the explanation is 0 everywhere

    [1] Bhatt, Weller, Moura, "Evaluating and Aggregating Feature-based Model Explanations", 2020, average
        sensitivity
    """

    name: ClassVar[str] = "average-sensitivity"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    radius: Share = 0.1
    samples: Count = 10
    relative: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return moves(subject, judged, Near(self.radius, self.samples, self.seed), self.relative).mean(0)
