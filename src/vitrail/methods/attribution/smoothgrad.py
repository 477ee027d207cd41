"""SmoothGrad: any method, averaged over noisy copies of the input."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer, Method
from vitrail.methods.attribution.gradient import Gradient
from vitrail.methods.attribution.noisy import noisy_moments
from vitrail.methods.settings import Count, Seed, Spread
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class SmoothGrad:
    """The mean of another method over noisy copies of x   [1].

        a = E over e ~ N(0, std^2) of  of(x + e)

    Settings    of       the method to average, by default the gradient
                std      standard deviation of the noise, in units of x
                samples  noisy copies; the error falls as 1 / sqrt(samples)
                seed     start of the random numbers
    Laws        dummy, linearity, implementation invariance
    Cost        `samples` times that of the method
    Beware      too much noise explains another input; values are an estimate, read checks["standard_error"]

    [1] Smilkov, Thorat, Kim, Viegas, Wattenberg, "SmoothGrad: removing noise by adding noise", 2017, section 2
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity", "implementation invariance"})
    of: Method = Gradient()
    std: Spread = 0.1
    samples: Count = 50
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        return noisy_moments(self, model, x, target).as_mean()
