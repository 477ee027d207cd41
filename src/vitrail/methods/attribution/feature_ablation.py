"""Feature ablation: take away one player after the other and watch the target fall."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.players import labels_of, written
from vitrail.methods.answer import Answer
from vitrail.methods.settings import Count
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class FeatureAblation:
    """How far the target falls without each player   [1].

        a_p = f(x) - f(x with p replaced by b)

    Settings    players   what is taken away together: "auto" (patches of pictures, windows of time, tokens, columns
                          with those of one category joined), a kind by its name, or labels shaped like one example
                patch     side of a patch in pixels, None for an eighth of the picture
                count     how many superpixels
                baseline  b, what replaces a player; averaged over several
    Laws        dummy, linearity, symmetry, implementation invariance; dummy and symmetry speak of players
    Cost        one forward per player and baseline
    Beware      players that can stand in for each other both get little; every element of a player carries the
                player's whole fall, so values add up over players, not over elements

    [1] Kokhlikyan et al., "Captum: A unified and generic model interpretability library for PyTorch", 2020, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity", "symmetry", "implementation invariance"})
    players: Any = "auto"
    patch: Count | None = None
    count: Count = 50
    baseline: Baseline = Constant(0.0)

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        who = written(self.players, model.question.packed)
        labels = labels_of(who, x, model.axes, self.patch, self.count)  # (batch, ...) like x, from 0
        starts = self.baseline(x, model.axes)
        count = int(labels.max()) + 1

        def point(rows: Tensor, k: Tensor) -> Tensor:
            gone = labels[rows] == (k % count).reshape(-1, *[1] * (x.ndim - 1))
            return torch.where(gone, starts[k // count, rows], x[rows])

        answers = model(Sweep(len(x), count * len(starts), point), target)
        falls = model(x, target)[:, None] - answers.reshape(len(x), len(starts), count).mean(1)
        values = falls.gather(1, labels.flatten(1)).reshape(x.shape)
        arrays = {"player_values": (falls, ("batch", "player")), "players": (labels, model.axes)}
        words = "every element carries the whole fall of its player; nothing is averaged"
        return Answer(values, arrays=arrays, checks={"averaging": words, "players": count}, total=falls.sum(1))
