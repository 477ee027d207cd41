"""Tree interactions: the exact Shapley interaction values of every two columns of an ensemble of trees."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.games.tree_shap import tree_interactions
from vitrail.inputs.baselines import Baseline
from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class TreeInteractions:
    """The exact Shapley interaction index of every two columns, half of it in each of its two places   [1, 2].

        Phi_ij = I_ij / 2  for i != j,     Phi_ii = phi_i - sum_{j != i} Phi_ij,
        I_ij = sum_{S without i, j} |S|! (n - |S| - 2)! / (n - 1)! (v(S, i, j) - v(S, i) - v(S, j) + v(S))

    so that a row adds up to the Shapley value phi_i, and all of it to the change in the target.

    Settings    baseline  the background table, whose rows stand in for absent columns; None for the training data as
                          the trees have counted it
    Laws        completeness, dummy, linearity
    Cost        as tree-shap, with a table for every two columns that meet on a path
    Beware      what is on the diagonal is no interaction: it is what a column does whoever else is there

    [1] Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020
    [2] Grabisch, Roubens, "An axiomatic approach to the concept of interaction among players in cooperative games",
        1999
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "dummy", "linearity"})
    baseline: Baseline | None = None

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        found = tree_interactions(model, x, target, self.baseline)
        axes = ("batch", "player", "player")
        players = torch.arange(x.shape[1]).expand(x.shape)
        arrays = {
            "standard_error": (torch.zeros_like(found.values), axes),
            "base_value": (found.empty, ("batch",)),
            "players": (players.clone(), ("batch", "feature")),
        }
        checks = {"standard_error": torch.zeros(len(x), dtype=torch.float64), "trees": found.trees}
        return Answer(found.values, axes, "interaction", arrays, checks, found.values.sum((1, 2)), found.empty)
