"""Permutation SHAP: what players add along random orders, each walked forwards and backwards."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.permutation import permutation_shap
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class PermutationSHAP:
    """Shapley values by random orders, in antithetic pairs   [1, 2].

        phi_i = mean over orders of  v(those before i, and i) - v(those before i)

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                budget    coalitions evaluated for each example; each pair of orders takes 2 (players - 1) of them
                seed      of the orders
    Laws        completeness, dummy, linearity, implementation invariance
    Cost        `budget` forwards per example and reference
    Beware      symmetric players get the same on average only; read the standard error

    [1] Castro, Gomez, Tejada, "Polynomial calculation of the Shapley value based on sampling", 2009
    [2] Mitchell, Cooper, Frank, Holmes, "Sampling Permutations for Shapley Value Estimation", 2022, section 3.2
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "dummy", "linearity", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    budget: Count = 512
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return permutation_shap(game, game.count, self.budget, self.seed)

        return answered(self, model, x, target, estimate)
