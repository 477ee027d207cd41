"""Faithfulness correlation: whether parts that are given more take more of the target away."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Portion, Seed
from vitrail.metrics.subject import Judged, Subject
from vitrail.metrics.subsets import correlation, falls, given


@dataclass(frozen=True)
class FaithfulnessCorrelation:
    """Pearson's correlation between what sets of players were given and how far the target falls without them   [1].

        corr over S of ( sum of a_i over S,  f(x) - f(x without S) )

    Settings    portion  the share of the players that a set holds; at least one player, never all
                samples  sets that are drawn, the same for all explanations
                seed     of the draws
    Laws        from -1 to 1; invariant to a positive factor of the explanation
    Cost        `samples` evaluations per example, shared by all explanations and by infidelity and MuFidelity
    Beware      NaN where all sets were given the same, as by a constant explanation over players of equal number

    [1] Bhatt, Weller, Moura, "Evaluating and Aggregating Feature-based Model Explanations", 2020, definition 3
    """

    name: ClassVar[str] = "faithfulness-correlation"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    portion: Portion = 0.2
    samples: Count = 100
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        gone, fall = falls(subject, self.portion, self.samples, self.seed)
        return correlation(given(judged, gone), fall)
