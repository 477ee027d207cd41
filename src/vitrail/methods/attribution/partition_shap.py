"""Partition SHAP: Shapley values of players that come in groups, and in groups of groups."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor

from vitrail.games import Estimate, Played
from vitrail.games.partition import partition_shap
from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.fills import Filling
from vitrail.inputs.hierarchy import grown
from vitrail.inputs.players import Players
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.coalitions import answered, laid
from vitrail.methods.settings import Count, Seed
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class PartitionSHAP:
    """Owen values over a binary hierarchy of players   [1, 2].

        phi_L - phi_R = mean over C of  v(C and L) - v(C and R),        phi_L + phi_R = phi_group

    where a group falls into L and R; C holds some of the groups beside it and beside those around it, wholly.

    Settings    players   what plays together
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  what stands in for absent players; several are averaged over: the marginal expectation
                fill      how it stands in for them
                hierarchy what goes together first: "halves", "similar", or an array (players - 1, 2)
                budget    coalitions evaluated for each example, 2 players at least; exact where it reaches all C,
                          about 2/3 players ** 2 of them for halves
                seed      of the contexts C
    Laws        completeness, linearity, implementation invariance
    Cost        `budget` forwards per example and reference, or what makes it exact
    Beware      the hierarchy is part of the question: another one gives other values

    [1] Owen, "Values of Games with a Priori Unions", 1977
    [2] Winter, "A Value for Cooperative Games with Levels Structure of Cooperation", 1989
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "linearity", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)
    fill: Filling = "baseline"
    hierarchy: Any = "halves"
    budget: Count = 512
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        trees: list[tuple[Tensor, Tensor]] = []

        def groups(players: Players) -> list[Tensor]:
            trees.extend(grown(self.hierarchy, players, x, self.baseline(x, model.axes), model.axes))
            return [rows for rows, _ in trees]

        def estimate(game: Played) -> Estimate:
            (merges,) = (merges for rows, merges in trees if rows is game.rows)
            return partition_shap(game, game.count, self.budget, self.seed, merges)

        answer = answered(self, model, x, target, estimate, groups)
        hierarchy = laid([(rows, merges.expand(len(rows), -1, -1)) for rows, merges in trees], x)
        return replace(answer, arrays={**answer.arrays, "hierarchy": (hierarchy, ("batch", "step", "player"))})
