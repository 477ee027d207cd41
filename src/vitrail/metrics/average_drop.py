"""Average drop, increase and gain: what is left of the answer when only what was pointed at can be seen."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject


def seen(subject: Subject, judged: Judged) -> Tensor:
    """(batch,) the target when every player is there as far as it was given something: the most of all, wholly.

    Shares below zero count as nothing. An explanation that gives nobody anything leaves nothing to be seen.
    """

    def look() -> Tensor:
        shares = torch.where(subject.plays, judged.shares.double(), 0.0).clamp(min=0)
        here = shares / shares.amax(1, keepdim=True).clamp(min=torch.finfo(shares.dtype).tiny)
        return subject.worth(here[:, None].to(subject.x))[:, 0].double()

    return subject.once(("seen", judged), look)


@dataclass(frozen=True)
class AverageDrop:
    """How much of the target is lost when only what was pointed at can be seen   [1].

        max(0, f(x) - f(x seen through a)) / f(x)

    Settings    none
    Laws        from 0 to 1 for a probability; invariant to a positive factor of the explanation
    Cost        one evaluation per example, the same for average increase and gain
    Beware      meant for a probability; an explanation that points at everything loses nothing. NaN where the target
                at x is not positive

    [1] Chattopadhay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++", 2018, section 4.1
    """

    name: ClassVar[str] = "average-drop"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "faithfulness"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        whole = subject.whole.double()
        return torch.where(whole > 0, (whole - seen(subject, judged)).clamp(min=0) / whole, torch.nan)


@dataclass(frozen=True)
class AverageIncrease:
    """Whether the target is higher when only what was pointed at can be seen: 1 where it is   [1].

        f(x seen through a) > f(x)

    Settings    none
    Laws        0 or 1; invariant to a positive factor of the explanation
    Cost        one evaluation per example, that of average drop
    Beware      an explanation that points at everything gains nothing

    [1] Chattopadhay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++", 2018, section 4.1
    """

    name: ClassVar[str] = "average-increase"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        return (seen(subject, judged) > subject.whole.double()).double()


@dataclass(frozen=True)
class AverageGain:
    """How much of what was missing to certainty is gained when only what was pointed at can be seen   [1].

        max(0, f(x seen through a) - f(x)) / (1 - f(x))

    Settings    none
    Laws        from 0 to 1 for a probability; invariant to a positive factor of the explanation
    Cost        one evaluation per example, that of average drop
    Beware      for a probability only; NaN where the target at x is not below 1

    [1] Zhang, Torres, Sicre, Avrithis, Ayache, "Opti-CAM: Optimizing saliency maps for interpretability", 2024, average
        gain
    """

    name: ClassVar[str] = "average-gain"
    better: ClassVar[str] = "higher"
    family: ClassVar[str] = "faithfulness"

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        whole = subject.whole.double()
        return torch.where(whole < 1, (seen(subject, judged) - whole).clamp(min=0) / (1 - whole), torch.nan)
