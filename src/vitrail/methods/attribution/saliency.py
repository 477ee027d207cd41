"""Saliency: the size of the gradient, without its sign."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class Saliency:
    """How strongly the target reacts to each input value, in either direction   [1].

        a_i = | d f(x) / d x_i |

    Settings    none
    Laws        dummy, symmetry, implementation invariance
    Cost        one gradient per example
    Beware      large values mean sensitivity; they do not say whether a pixel spoke for or against

    [1] Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", 2013, section 3.1
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "symmetry", "implementation invariance"})

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        gradient: Tensor = model.gradient(x, target)
        return gradient.abs()
