"""SquareGrad: the mean square of any method over noisy copies of the input."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge
from torch import Tensor

from vitrail.methods.answer import Answer, Method
from vitrail.methods.attribution.gradient import Gradient
from vitrail.methods.attribution.noisy import noisy_moments
from vitrail.methods.settings import Seed, Spread
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class SquareGrad:
    """The mean square of another method over noisy copies of x   [1].

        a = E over e ~ N(0, std^2) of  of(x + e)^2

    Settings    of       the method to square, by default the gradient
                std      standard deviation of the noise, in units of x
                samples  noisy copies, at least 2
                seed     start of the random numbers
    Laws        dummy, implementation invariance
    Cost        `samples` times that of the method
    Beware      squares make large values larger; signs are lost

    [1] Hooker, Erhan, Kindermans, Kim, "A Benchmark for Interpretability Methods in Deep Neural Networks", 2019,
        section 3 (SmoothGrad-squared)
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "implementation invariance"})
    of: Method = Gradient()
    std: Spread = 0.1
    samples: Annotated[int, Ge(2)] = 50
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        return noisy_moments(self, model, x, target, then=Tensor.square).as_mean()
