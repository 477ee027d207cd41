"""What a method is, and what it gives back when one array is not all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True, eq=False)
class Answer:
    """Values with their axes, and whatever is kept beside them.

    values   (batch, ...) the answer
    axes     names of the axes of values; None when they are those of x
    kind     "attribution", "map", "activation" or "attention"
    arrays   name -> (array, axes): what is kept beside
    checks   what the method measured about its own answer
    total    (batch,) what adds up, where every element carries the whole value of its player; NaN where nothing does;
             None when the values themselves add up
    start    (batch,) the target at the baseline, where the method has been there anyway
    """

    values: Tensor
    axes: tuple[str, ...] | None = None
    kind: str = "attribution"
    arrays: Mapping[str, tuple[Tensor, tuple[str, ...]]] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)
    total: Tensor | None = None
    start: Tensor | None = None


class Method(Protocol):
    """(model, x (batch, ...), target) -> values shaped like x, or an Answer. Settings are its fields."""

    def __call__(self, model: Model, x: Tensor, target: Target) -> "Tensor | Answer": ...


def values_of(given: "Tensor | Answer") -> Tensor:
    """The values alone, for methods that wrap a method."""
    return given.values if isinstance(given, Answer) else given
