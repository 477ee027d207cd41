"""Gradient: how the target moves when the input does."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class Gradient:
    """The derivative of the target with respect to the input   [1].

        a_i = d f(x) / d x_i

    Settings    none
    Laws        dummy, linearity, symmetry, implementation invariance
    Cost        one gradient per example
    Beware      it tells what would change the answer, not what made it

    [1] Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", 2013, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity", "symmetry", "implementation invariance"})

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        return model.gradient(x, target)  # type: ignore[no-any-return]
