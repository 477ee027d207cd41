"""Integrated gradients: the mean gradient along a straight path, times the step taken."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.adaptive import refined
from vitrail.methods.attribution.path import straight
from vitrail.methods.settings import Count, Share
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class IntegratedGradients:
    """Integrated gradients, by Gauss-Legendre quadrature   [1].

        a_i = (x_i - b_i) * integral over t in [0, 1] of  d f(b + t (x - b)) / d x_i

    Settings    steps      points on the path; exact for polynomials in t of degree < 2 * steps
                baseline   b, the input that stands for "nothing there"; averaged over several
                tolerance  None for `steps` points; a number for as many as each example needs until the
                           completeness gap is at most this share of |f(x) - f(b)|: 4, 8, 16 ... and at most
                           8 * steps in all attempts together
    Laws        completeness, dummy, linearity, symmetry, implementation invariance
    Cost        `steps` gradients per example and baseline, usually far fewer with a tolerance
    Beware      on ReLU networks the quadrature error is O(1 / steps): read checks["completeness_gap"]

    [1] Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", 2017, eq. 1
    """

    laws: ClassVar[frozenset[str]] = frozenset(
        {"completeness", "dummy", "linearity", "symmetry", "implementation invariance"}
    )
    steps: Count = 50
    baseline: Baseline = Constant(0.0)
    tolerance: Share | None = None

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor | Answer:
        starts = self.baseline(x, model.axes)
        if self.tolerance is None:
            return model.gradient(straight(x, starts, self.steps), target)  # type: ignore[no-any-return]
        return refined(model, x, target, starts, self.tolerance, 8 * self.steps)
