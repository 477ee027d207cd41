"""Integrated gradients: the mean gradient along a straight path, times the step taken."""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.adaptive import refined
from vitrail.methods.attribution.path import straight
from vitrail.methods.settings import Count, Share
from vitrail.model import Model
from vitrail.rules.libra import balanced
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
                libra      True for LibraGrad's balanced gradient [2]: made for transformers
    Laws        completeness, dummy, linearity, symmetry, implementation invariance; with libra only for networks
                without attention, norms, gates and products
    Cost        `steps` gradients per example and baseline, usually far fewer with a tolerance
    Beware      on ReLU networks the quadrature error is O(1 / steps): read checks["completeness_gap"]. With
                libra the values add up along no path: it is no gradient of anything

    [1] Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", 2017, eq. 1
    [2] Mehri, Fayyaz, Baghshah, Pilehvar, "LibraGrad: Balancing Gradient Flow for Universally Better Vision
        Transformer Attributions", 2025
    """

    laws: ClassVar[frozenset[str]] = frozenset(
        {"completeness", "dummy", "linearity", "symmetry", "implementation invariance"}
    )
    steps: Count = 50
    baseline: Baseline = Constant(0.0)
    tolerance: Share | None = None
    libra: bool = False

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        starts = self.baseline(x, model.axes)
        way = balanced(model, self.libra)
        if self.tolerance is None:
            answer = Answer(way.gradient(straight(x, starts, self.steps), target))
        else:
            answer = refined(way, x, target, starts, self.tolerance, 8 * self.steps)
        return replace(answer, checks={**answer.checks, "completeness": "measured only"}) if self.libra else answer
