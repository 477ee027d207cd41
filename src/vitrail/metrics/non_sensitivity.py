"""Non-sensitivity: whether parts are given nothing where, and only where, nothing depends on them."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.settings import Spread
from vitrail.metrics.subject import Judged, Subject


@dataclass(frozen=True)
class NonSensitivity:
    """The share of the players that are given nothing though the target depends on them, or the other way round   [1].

        | {i : a_i = 0} xor {i : f(x without i) = f(x)} | / players

    Numbers up to `epsilon` times the largest of an example count as zero, since rounding is no dependence.

    Settings    epsilon  what counts as zero, as a share of the largest
    Laws        from 0 to 1; invariant to a factor of the explanation
    Cost        one evaluation per player and example, shared by all explanations
    Beware      the target may depend on a player only together with others, which is not seen here. An explanation of
                zeros alone has no largest share: all of it counts as zero

    [1] Nguyen, Rodríguez Martínez, "On quantitative aspects of model interpretability", 2020, definition of
        non-sensitivity; the paper counts players, this is their share, so that inputs of different size can be compared
    """

    name: ClassVar[str] = "non-sensitivity"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "axioms"
    epsilon: Spread = 1e-6

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        alone = ~torch.eye(subject.most, dtype=torch.bool, device=subject.x.device).expand(len(subject.x), -1, -1)
        whole = subject.whole[:, None].double()
        falls = subject.once("each alone", lambda: whole - subject.worth(alone).double())
        differ = (self.none(judged.shares.double()) != self.none(falls)) & subject.plays
        return differ.sum(1) / subject.plays.sum(1).double()

    def none(self, values: Tensor) -> Tensor:
        """Which numbers (batch, players) count as zero."""
        return values.abs() <= self.epsilon * values.abs().amax(1, keepdim=True)
