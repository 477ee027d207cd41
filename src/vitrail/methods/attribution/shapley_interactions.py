"""Interactions: what two players add together beyond what each adds alone."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.interactions import Index, interactions
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class ShapleyInteractions:
    """Interaction indices of all pairs of players   [1, 2].

        I_ij = sum over S without i, j of  p(|S|) (v(S, i, j) - v(S, i) - v(S, j) + v(S))

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                index     "sii": p(s) = s! (n - s - 2)! / (n - 1)!, I_ij stands at both of its places, the diagonal
                          holds Shapley values. "k-sii": each place holds half of that, the diagonal the Shapley
                          values less these halves, so that a row adds up to the player's Shapley value and everything
                          to v(all) - v(none), as in tree-interactions. "banzhaf": as "sii" with p = 1 / 2 ** (n - 2),
                          the diagonal holds Banzhaf values
                budget    coalitions evaluated for each example, two pairs of every size at least; exact from
                          2 ** players on
                seed      of the coalitions
    Laws        none
    Cost        `budget` forwards per example and reference
    Beware      pairs are many and their differences small: below 2 ** players read the standard error first

    [1] Grabisch, Roubens, "An axiomatic approach to the concept of interaction among players in cooperative games",
    1999
    [2] Bordt, von Luxburg, "From Shapley Values to Generalized Additive Models and back", 2023
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    index: Index = "k-sii"
    budget: Count = 512
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return interactions(game, game.count, self.budget, self.seed, self.index)

        return answered(self, model, x, target, estimate)
