"""Kernel SHAP: Shapley values as a weighted regression on pairs of coalitions."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.kernel import kernel_shap
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class KernelSHAP:
    """The regression whose solution over all coalitions is the Shapley value [1], on pairs drawn by leverage [2].

        min over phi of  sum over S of  w(|S|) (v(S) - v(none) - sum over i in S of phi_i)^2

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                budget    coalitions evaluated for each example, 2 players at least; exact from 2 ** players on
                seed      of the coalitions
    Laws        completeness, linearity, implementation invariance
    Cost        `budget` forwards per example and reference; one solution for all examples
    Beware      values are unbiased only as the budget grows; read the standard error

    [1] Lundberg, Lee, "A Unified Approach to Interpreting Model Predictions", 2017, theorem 2
    [2] Musco, Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling", 2025
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "linearity", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    budget: Count = 512
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return kernel_shap(game, game.count, self.budget, self.seed)

        return answered(self, model, x, target, estimate)
