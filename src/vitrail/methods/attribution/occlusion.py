"""Occlusion: slide a patch over the input and watch the target fall."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.inputs.players import windows
from vitrail.methods.answer import Answer
from vitrail.methods.settings import Count
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True)
class Occlusion:
    """How far the target falls when a window is covered   [1].

        a_i = mean over the windows w that cover i of  f(x) - f(x with w replaced by b)

    Settings    patch     side of the square window in pixels (of columns, steps or tokens: that many in a row)
                stride    from one window to the next; windows at the edges are cut off
                baseline  b, what covers; averaged over several
    Laws        linearity, implementation invariance; with patch=1 also dummy and symmetry
    Cost        one forward per window and baseline: (side / stride)^2
    Beware      a window that is too small leaves the answer standing; b may itself look like something

    [1] Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2013, section 4.2
    """

    laws: ClassVar[frozenset[str]] = frozenset({"linearity", "implementation invariance"})
    patch: Count | None = None
    stride: Count | None = None
    baseline: Baseline = Constant(0.0)

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        cover = windows(x, model.axes, self.patch, self.stride)
        starts = self.baseline(x, model.axes)

        def point(rows: Tensor, k: Tensor) -> Tensor:
            return torch.where(cover.masks(k % cover.count), starts[k // cover.count, rows], x[rows])

        answers = model(Sweep(len(x), cover.count * len(starts), point), target)
        falls = model(x, target)[:, None] - answers.reshape(len(x), len(starts), cover.count).mean(1)
        total, times = cover.spread(falls)
        words = f"each element is the mean over the windows of {cover.patch} that cover it, one every {cover.stride}"
        nothing = torch.full_like(falls[:, 0], torch.nan)  # windows overlap: their falls do not add up
        return Answer(total / times, checks={"averaging": words, "windows": cover.count}, total=nothing)
