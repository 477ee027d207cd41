"""Regression-adjusted Shapley values: close as a regression is, and free of bias."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.regression_msr import regression_msr
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class RegressionMSR:
    """The Shapley values of a regression, and of what it leaves by maximum sample reuse   [1].

        phi = phi(f) + mean over folds of  sum over S of  w(S) (v(S) - f(S)) / p(S),    f fitted to other folds

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                budget    coalitions evaluated for each example, two pairs of every size at least; exact from
                          2 ** players on
                seed      of the coalitions
    Laws        completeness, implementation invariance
    Cost        `budget` forwards per example and reference, and a second or so for up to a thousand examples
    Beware      the paper's f are trees; here f is a ridge regression on all products of players, whose Shapley values
                are known. Unbiased, and so farther off than 'odd-shap' where that has learnt the game

    [1] Witter, Liu, Musco, "Regression-adjusted Monte Carlo Estimators for Shapley Values and Probabilistic Values",
    2025
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
            return regression_msr(game, game.count, self.budget, self.seed)

        return answered(self, model, x, target, estimate)
