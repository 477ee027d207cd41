"""Random logit: whether the explanation depends on the class that is asked about."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.methods.settings import Seed
from vitrail.metrics.again import answer, once, own, recipe_of
from vitrail.metrics.similarity import spearman
from vitrail.metrics.subject import Judged, Subject
from vitrail.target import Output, Predicted


@dataclass(frozen=True)
class RandomLogit:
    """How alike the explanations of the asked class and of another one are: their rank correlation   [1].

        spearman(a(x; class), a(x; another class)),    another = (class + step) mod classes, step drawn from 1 on

    The step is the same for all examples and explanations.

    Settings    absolute  whether sizes are compared, so that a change of sign counts as none
                seed      of the step
    Laws        from -1 to 1; invariant to a positive factor of the explanation
    Cost        twice that of the method
    Beware      with two classes of one softmax the explanations are alike by right, up to their sign: two classes may
                well be told apart by the same places. NaN where either explanation is constant

    [1] Sixt, Granz, Landgraf, "When Explanations Lie: Why Many Modified BP Attributions Fail", 2020, section 5
    """

    name: ClassVar[str] = "random-logit"
    better: ClassVar[str] = "lower"
    family: ClassVar[str] = "randomisation"
    absolute: bool = True
    seed: Seed = 0

    def __call__(self, subject: Subject, judged: Judged) -> Tensor:
        recipe, target = recipe_of(judged), another(subject, self.seed)
        packed = subject.model.question.packed
        other = once(subject, recipe, ("logit", self.seed), lambda: answer(subject.model, packed, recipe, target))
        return spearman(own(subject, recipe), other, self.absolute)


def another(subject: Subject, seed: int) -> Output:
    """The question about a class that was not asked about. Raises BadInput where it was not about one of several."""
    target, output = subject.target, subject.model.said()[0]
    whole = isinstance(target, Predicted) or (isinstance(target, Output) and not isinstance(target.index, tuple))
    if not whole or output.ndim != 2 or output.shape[1] < 2:
        raise BadInput(
            f"the question {target.as_json()} to a network with outputs {tuple(output.shape)} is not about one of "
            "several classes. Random logit asks about another one. Ask about a class, or leave random logit out."
        )
    assert isinstance(target, Output | Predicted)
    index = target.index if isinstance(target, Output) else subject.model.predicted().tolist()
    asked = torch.as_tensor(index).expand(len(subject.x))
    step = torch.randint(1, output.shape[1], (), generator=torch.Generator().manual_seed(seed))
    return Output(((asked + step) % output.shape[1]).tolist(), target.of)
