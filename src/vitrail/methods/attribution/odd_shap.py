"""OddSHAP: Shapley values learnt from the odd part of the game; the estimator to begin with."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.odd import odd_shap
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class OddSHAP:
    """Shapley values from the odd part of the game [1], learnt by a Gaussian process that finds who interacts.

        g(S) = (v(S) - v(complement of S)) / 2,    phi_i = E[phi_i(g) given the pairs that were seen]

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                budget    coalitions evaluated for each example; exact from 2 ** players on
                seed      of the coalitions
    Laws        completeness, implementation invariance
    Cost        `budget` forwards per example and reference, and some hundredths of a second to learn
    Beware      the paper regresses on chosen interactions; here all have a prior variance, learnt player by player. The
                standard error is the posterior's: it trusts that prior

    [1] Fumagalli, Butler, Kang, Ramchandran, Witter, "An Odd Estimator for Shapley Values", 2026
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    budget: Count = 512
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return odd_shap(game, game.count, self.budget, self.seed)

        return answered(self, model, x, target, estimate)
