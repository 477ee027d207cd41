"""MuFidelity: whether parts that are given more take more of the target away, by rank."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Portion, Seed
from vitrail.metrics.similarity import ranks
from vitrail.metrics.subject import Judged, Subject
from vitrail.metrics.subsets import correlation, falls, given


@dataclass(frozen=True)
class MuFidelity:
    """Spearman's correlation between what sets of players were given and what they take of the target away   [1, 2].

        rank corr over S of ( sum of a_i over S,  f(x) - f(x without S) )

    Equal values share the mean of their ranks.

    Settings    portion  the share of the players that a set holds; at least one player, never all
                samples  sets that are drawn, the same for all explanations
                seed     of the draws
    Laws        from -1 to 1; the order of what sets were given alone matters
    Cost        `samples` evaluations per example, those of faithfulness correlation
    Beware      NaN where all sets were given the same, as by a constant explanation over players of equal number

    [1] Bhatt, Weller, Moura, "Evaluating and Aggregating Feature-based Model Explanations", 2020, definition 3
    [2] Fel, Vigouroux, Cadene, Serre, "How Good is your Explanation?", 2022, section 2: ranks instead of values
    """

    name: ClassVar[str] = "mufidelity"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"
    portion: Portion = 0.2
    samples: Count = 100
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        gone, fall = falls(subject, self.portion, self.samples, self.seed)
        return correlation(ranks(given(judged, gone)), ranks(fall))
