"""Max sensitivity: how far an explanation moves at most when the input moves a little."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Seed, Share
from vitrail.metrics.near import Near
from vitrail.metrics.sensitivity import moves
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class MaxSensitivity:
    """The largest change of the explanation at inputs near x   [1].

        max over y with |y_i - x_i| <= radius of  |a(y) - a(x)|,   relative: / |a(x)|

    |.| is Euclidean; the maximum is over draws that are uniform in the cube, as the authors take it.

    Settings    radius    how far an element of x is moved at most, in units of x
                samples   copies y; the maximum over few is an underestimate
                relative  whether the change is a share of the explanation, which methods of other units can be
                          compared by; False is the paper's eq. 3
                seed      of the draws, which all explanations and robustness metrics with these settings share
    Laws        0 for an explanation that does not depend on x; relative: invariant to a factor of the explanation
    Cost        samples + 1 times that of the method
    Beware      an explanation that is the same for every input is perfectly stable and worth nothing. NaN, if relative,
                where the explanation is 0 everywhere

    [1] Yeh, Hsieh, Suggala, Inouye, Ravikumar, "On the (In)fidelity and Sensitivity of Explanations", 2019, eq. 3
    """

    name: ClassVar[str] = "max-sensitivity"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "robustness"
    radius: Share = 0.1
    samples: Count = 10
    relative: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return moves(subject, judged, Near(self.radius, self.samples, self.seed), self.relative).amax(0)
