"""ROAD: whether the class stays when parts of a picture are taken away so that nobody sees where they were."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.inputs.imputed import STD, imputed
from vitrail.methods.settings import Count, Seed, Spread
from vitrail.metrics.curves import First, there
from vitrail.metrics.subject import Judged, Subject
from vitrail.model import Trace
from vitrail.target import Target


@dataclass(frozen=True)
class ROAD:
    """The share of removals after which the network still says the class it says of x   [1].

        ROAD = mean over p of  [class of (x without the p most important, imputed) = class of x]

    Imputed pixels are the weighted mean of their neighbours and a little noise, whatever the fill of the comparison is.

    Settings    steps  how many shares p of the players are taken away, evenly: 9 for 10 %, 20 %, ... 90 %
                first  "most", or "least" important first: then it is the share after which the class is another one, so
                       that lower is better for both
                std    standard deviation of the noise, in units of x
                seed   of the noise, which is the same for all examples and explanations
    Laws        between 0 and 1; the order of the shares alone matters
    Cost        `steps` evaluations and as many sparse linear systems per example, which cost more than a small network
    Beware      it asks about the class that the network says, whatever the target is. The paper averages accuracy over
                a data set, where classes may be wrong from the start; here an example counts from its own class on

    [1] Rong, Leemann, Borisov, Kasneci, Kasneci, "A Consistent and Efficient Evaluation Strategy for Attribution
        Methods", 2022, section on ROAD
    """

    name: ClassVar[str] = "road"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "faithfulness"
    steps: Count = 9
    first: First = "most"
    std: Spread = STD
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        seen = subject.once(("road", self.std, self.seed), lambda: imputing(subject, self.std, self.seed))
        return subject.once(("road", self, judged), lambda: self.score(seen, judged))

    def score(self, seen: Subject, judged: Judged) -> Tensor:
        counts = seen.plays.sum(1, keepdim=True)
        away = (torch.arange(1, self.steps + 1, device=counts.device) * counts / (self.steps + 1)).round()
        kept = seen.worth(there(seen, judged.shares, self.first, away)).double().mean(1)
        return kept if self.first == "most" else 1 - kept


@dataclass(frozen=True, eq=False)
class Kept(Target):
    """1 where the network says the class that it says of the example itself, else 0."""

    def __call__(self, trace: Trace) -> Tensor:
        assert trace.predicted is not None
        return (trace.logits.argmax(1) == trace.predicted()[trace.rows]).to(trace.logits)

    def as_json(self) -> dict[str, Any]:
        return {"target": "kept"}


def imputing(subject: Subject, std: float, seed: int) -> Subject:
    """The same examples, asked whether the class stays. Raises BadInput for what is no picture, or has no classes."""
    axes, said = subject.model.question.packed.axes, subject.model.said()[1]
    if not {"height", "width"} <= set(axes) or said.ndim != 2 or said.shape[1] < 2:
        raise BadInput(
            f"x has the axes {axes}, and the network says {tuple(said.shape)}. ROAD takes pixels out of pictures, and "
            "looks whether the class of several stays. Leave ROAD out, or use deletion."
        )
    return replace(subject, target=Kept(), fill=imputed(subject.x, axes, std, seed), whole=torch.ones(len(subject.x)))
