"""Exact Shapley values: every coalition of players is evaluated."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.exact import exact_shapley
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class ExactShapley:
    """Shapley values by their definition   [1].

        phi_i = sum over S without i of  |S|! (n - |S| - 1)! / n!  (v(S and i) - v(S)),    n players

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
    Laws        completeness, dummy, linearity, symmetry, implementation invariance
    Cost        2 ** players forwards per example and reference: about 20 players at most
    Beware      31 players and more are refused; after Ctrl-C there is no answer

    [1] Shapley, "A Value for n-Person Games", 1953, equation 12
    """

    laws: ClassVar[frozenset[str]] = frozenset(
        {"completeness", "dummy", "linearity", "symmetry", "implementation invariance"}
    )
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return exact_shapley(game, game.count)

        return answered(self, model, x, target, estimate)
