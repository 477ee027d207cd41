"""VarGrad: how much any method varies over noisy copies of the input."""

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
class VarGrad:
    """The unbiased variance of another method over noisy copies of x   [1].

        a = Var over e ~ N(0, std^2) of  of(x + e)

    Settings    of       the method to watch, by default the gradient
                std      standard deviation of the noise, in units of x
                samples  noisy copies, at least 2
                seed     start of the random numbers
    Laws        dummy, implementation invariance
    Cost        `samples` times that of the method
    Beware      it shows where the method is unsettled; a constant gradient, however large, gets 0; with fewer than
                about 30 samples checks["standard_error"] is itself rough

    [1] Adebayo, Gilmer, Goodfellow, Kim, "Local Explanation Methods for Deep Neural Networks Lack Sensitivity to
        Parameter Values", 2018, section 2
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "implementation invariance"})
    of: Method = Gradient()
    std: Spread = 0.1
    samples: Annotated[int, Ge(2)] = 50
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        return noisy_moments(self, model, x, target, powers=4).as_variance()
