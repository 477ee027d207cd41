"""HSIC: how strongly the answer depends on whether each player is there."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.hsic import hsic
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered, unshared
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class HSIC:
    """The Hilbert-Schmidt independence criterion between each player and the answer   [1].

        HSIC_i = E[k k'] + E[k] E[k'] - 2 E[E[k | S] E[k' | S]]      over independent coalitions S, T
        k = 1 if i is in both or in neither, else 0;   k' = exp(-(v(S) - v(T))^2 / (2 width^2))

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over
                fill      how it stands in for them
                budget    coalitions evaluated for each example, each player there in half of them
                seed      of the coalitions
    Laws        implementation invariance
    Cost        `budget` forwards per example and reference, and budget^2 kernel values
    Beware      it says how much, not in which direction. The width of k' is the median distance of the answers, so
                values of different examples are not on one scale. Unbiased: an idle player may come out below 0

    [1] Novello, Fel, Vigouroux, "Making Sense of Dependence: Efficient Black-box Explanations Using Dependence
        Measure", 2022, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    budget: Count = 1024
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return hsic(game, game.count, self.budget, self.seed)

        return unshared(answered(self, model, x, target, estimate))
