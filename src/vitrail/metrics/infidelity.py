"""Infidelity: how wrong the explanation is about what happens when parts go."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.settings import Count, Portion, Seed
from vitrail.metrics.subject import Judged, Subject
from vitrail.metrics.subsets import falls, given


@dataclass(frozen=True)
class Infidelity:
    """The mean squared difference between what sets of players were given and what they take of the target away   [1].

        mean over S of ( sum of a_i over S - (f(x) - f(x without S)) )^2

    It is the paper's measure for perturbations I that take a set S to the fill, with I a_i = what i was given where the
    explanation is an attribution in units of the target, such as a gradient times x - b.

    Settings    portion  the share of the players that a set holds; at least one player, never all
                samples  sets that are drawn, the same for all explanations
                seed     of the draws
    Laws        0 for an explanation of a linear network that gives everyone the share it takes away
    Cost        `samples` evaluations per example, those of faithfulness correlation
    Beware      in squared units of the target; explanations in other units (a gradient, a map) are judged by their
                size: use faithfulness correlation for them

    [1] Yeh, Hsieh, Suggala, Inouye, Ravikumar, "On the (In)fidelity and Sensitivity of Explanations", 2019, eq. 1
    """

    name: ClassVar[str] = "infidelity"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "faithfulness"
    portion: Portion = 0.2
    samples: Count = 100
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        gone, fall = falls(subject, self.portion, self.samples, self.seed)
        return ((given(judged, gone) - fall) ** 2).mean(1)
