"""Sobol: the share of the variance under masks that each player has a part in."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.sobol import sobol
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import Choice, answered, unshared
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class Sobol:
    """Total-order Sobol indices of the players   [1].

        T_i = E[Var(v(m) | all of m but m_i)] / Var(v(m)),   v(m) = f(b + m (x - b)),   m even in [0, 1]^players

    Settings    players   what fades together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  b, what players fade to; averaged over several
                budget    masks evaluated for each example; each point of the design takes players + 2 of them
                seed      of the design
    Laws        dummy, implementation invariance
    Cost        `budget` forwards per example and reference
    Beware      they say how much, not in which direction; what players do together counts for each of them, so the sum
                is 1 or more. The standard error takes the points as independent, which is on the safe side

    [1] Fel, Cadene, Chalvidal, Cord, Vigouroux, Serre, "Look at the Variance! Efficient Black-box Explanations with
        Sobol-based Sensitivity Analysis", 2021, equation 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    budget: Count = 2048
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        def estimate(game: Played) -> Estimate:
            return sobol(game, game.count, self.budget, self.seed)

        choice = Choice(self.players, self.baseline, self.patch, self.count)
        return unshared(answered(choice, model, x, target, estimate))
