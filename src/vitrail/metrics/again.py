"""Asking a recipe again: about copies of the examples, of another network, or another question."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from torch import Tensor

from vitrail.errors import BadInput
from vitrail.methods.answer import Answer, Method, values_of
from vitrail.metrics.subject import Judged, Subject
from vitrail.model import Model, Packed, Trace
from vitrail.model.question import Question
from vitrail.target import Target

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Same(Target):
    """The question about the examples, asked of copies: each about the class that its original was asked about.

    target    the question about the originals
    original  the model bound to them; copies follow batch after batch, so that row r copies example r % examples
    """

    target: Target
    original: Model

    @property
    def layers(self) -> tuple[str, ...]:
        return self.target.layers

    def __call__(self, trace: Trace) -> Tensor:
        examples = len(self.original.question.packed.x)
        return self.target(replace(trace, rows=trace.rows % examples, predicted=self.original.predicted))

    def as_json(self) -> dict[str, Any]:
        return self.target.as_json()


def recipe_of(judged: Judged) -> Method:
    """The method behind an explanation. Raises BadInput where only its answer is known."""
    if judged.recipe is None:
        raise BadInput(
            "this explanation comes without its method. Robustness and randomisation ask the method again, at other "
            "inputs or of another network. Name the method, or pass an instance of it, in place of its values."
        )
    return judged.recipe


def answer(model: Model, packed: Packed, recipe: Method, target: Target, within: Question | None = None) -> Tensor:
    """(rows, numbers) what a recipe says, in a question of its own, whose passes count for the one it is `within`.

    In the method's own layout, one example after the other: only ever compared with answers of the same method.
    """
    with model.asking(packed, within) as bound:
        given = values_of(recipe(bound, bound.question.packed.x, target))
    return given.detach().flatten(1)


def own(subject: Subject, recipe: Method) -> Tensor:
    """(batch, numbers) what a recipe says of the examples themselves."""
    # not taken from the values judged: those were laid on x, and may have been shared out on the way
    packed = subject.model.question.packed
    return once(subject, recipe, "own", lambda: answer(subject.model, packed, recipe, subject.target))


def remember(subject: Subject, recipe: Method, said: Tensor | Answer) -> None:
    """Spare one asking: what a recipe has said of the examples already, as it gave it, in no other layout."""
    once(subject, recipe, "own", lambda: values_of(said).detach().flatten(1))


def once(subject: Subject, recipe: Method, key: Hashable, make: Callable[[], T]) -> T:
    """What is found out once for each recipe; the recipe is kept beside it, so that its id stays its own."""
    return subject.once((id(recipe), key), lambda: (recipe, make()))[1]
