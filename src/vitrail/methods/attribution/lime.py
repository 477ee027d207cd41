"""LIME: the additive model that is nearest to the network around x."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.lime import lime
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed, Share
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class LIME:
    """What each player adds in a sum that imitates the network near x   [1].

        min over phi of  sum over S of  exp(-D(S)^2 / width^2) (v(S) - phi_0 - sum_{i in S} phi_i)^2
        D(S) = 1 - sqrt(|S| / players)

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over
                fill      how it stands in for them
                budget    coalitions evaluated for each example; exact from 2 ** players on
                width     of the kernel, in cosine distances D from x: half the players are at 0.29, nobody at 1; the
                          authors' for texts and pictures. Narrow: nearer to taking single players away
                seed      of the coalitions
    Laws        linearity, implementation invariance
    Cost        `budget` forwards per example and reference
    Beware      read checks["r2"]: where it is low no sum imitates the network, and the values say little. The base
                value is the sum's own intercept, not what the network says with nobody there. No ridge, no choice of a
                few players, and a player of a table is there or not: the authors' program draws new values instead

    [1] Ribeiro, Singh, Guestrin, "Why Should I Trust You? Explaining the Predictions of Any Classifier", 2016, eq. 2
    """

    laws: ClassVar[frozenset[str]] = frozenset({"linearity", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    budget: Count = 1000
    width: Share = 0.25
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return lime(game, game.count, self.budget, self.seed, self.width)

        return answered(self, model, x, target, estimate)
