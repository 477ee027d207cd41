"""Tree SHAP: the exact Shapley values of the columns that an ensemble of trees reads."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.games.tree_shap import tree_shap
from vitrail.inputs.baselines import Baseline
from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class TreeSHAP:
    """The exact Shapley values of an ensemble's margin, without sampling   [1].

        phi_i = sum over leaves of  w (a_i - r_i) integral over t in [0, 1] of prod_{j != i} (t a_j + (1 - t) r_j) dt

    for each leaf the columns j on its path: a_j whether x keeps to the path in j, r_j what stands in for it: the share
    of the training data that does, as the covers of the nodes say ("path-dependent"), or whether a row of the
    background does, averaged over its rows ("interventional").

    Settings    baseline  the background table, whose rows stand in for absent columns; None for the training data as
                          the trees have counted it
    Laws        completeness, dummy, linearity
    Cost        one prediction per example, and a look into a table for every few leaves; with a background the tables
                take longer to make, the rows do not
    Beware      without a background, columns of one tree share what they know together as its order of asking has it;
                a column that the trees never ask about gets nothing either way

    [1] Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020,
        algorithms 1 and 3; here by the multilinear extension instead
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness", "dummy", "linearity"})
    baseline: Baseline | None = None

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        found = tree_shap(model, x, target, self.baseline)
        players = torch.arange(x.shape[1]).expand(x.shape)
        arrays = {
            "standard_error": (torch.zeros_like(found.values), ()),
            "base_value": (found.empty, ("batch",)),
            "players": (players.clone(), ("batch", "feature")),
        }
        checks = {"standard_error": torch.zeros(len(x), dtype=torch.float64), "trees": found.trees}
        return Answer(found.values, None, "players", arrays, checks, found.values.sum(1), found.empty)
