"""Sensitivity-n: whether sets of players of many sizes take away what they were given."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Count, Seed
from vitrail.metrics.subject import Judged, Subject
from vitrail.metrics.subsets import correlation, falls, given


@dataclass(frozen=True)
class SensitivityN:
    """Pearson's correlation between what sets were given and what they take away, averaged over sizes of sets   [1].

        mean over n of  corr over |S| = n of ( sum of a_i over S,  f(x) - f(x without S) )

    n runs from a tenth to nine tenths of the players, in `steps` even steps.

    Settings    steps    sizes of sets
                samples  sets of each size, the same for all explanations
                seed     of the draws
    Laws        from -1 to 1; 1 for the exact shares of a linear network; invariant to a positive factor of the
                explanation
    Cost        `steps` * `samples` evaluations per example, shared by all explanations
    Beware      sizes at which nothing varies are left out; NaN where that is all of them

    [1] Ancona, Ceolini, Oztireli, Gross, "Towards better understanding of gradient-based attribution methods for Deep
        Neural Networks", 2018, section 4 and definition 1
    """

    name: ClassVar[str] = "sensitivity-n"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 5
    samples: Count = 50
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        sizes = torch.linspace(0.1, 0.9, self.steps).tolist()
        drawn = [falls(subject, size, self.samples, self.seed + i) for i, size in enumerate(sizes)]
        return torch.stack([correlation(given(judged, gone), fall) for gone, fall in drawn], 1).nanmean(1)
