"""Input times gradient: the linear part of the answer, shared out."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.model import Model
from vitrail.rules.libra import balanced
from vitrail.target import Target


@dataclass(frozen=True)
class InputXGradient:
    """Each value times how much it counts   [1].

        a_i = x_i * d f(x) / d x_i

    Settings    libra  True for LibraGrad's balanced gradient [2]: made for transformers
    Laws        dummy, linearity, symmetry, implementation invariance; with libra only for networks without
                attention, norms, gates and products
    Cost        one gradient per example
    Beware      complete only for networks without biases made of piecewise linear units; a black pixel gets 0

    [1] Shrikumar, Greenside, Shcherbina, Kundaje, "Not Just a Black Box", 2016, section 2
    [2] Mehri, Fayyaz, Baghshah, Pilehvar, "LibraGrad: Balancing Gradient Flow for Universally Better Vision
        Transformer Attributions", 2025
    """

    laws: ClassVar[frozenset[str]] = frozenset({"dummy", "linearity", "symmetry", "implementation invariance"})
    libra: bool = False

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        return x * balanced(model, self.libra).gradient(x, target)  # type: ignore[no-any-return]
