"""Grad-CAM: the layer's channels, weighed by their mean gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import activation_and_gradient, chosen, picture_of
from vitrail.model import Model
from vitrail.rules.libra import balanced
from vitrail.target import Target


@dataclass(frozen=True)
class GradCAM:
    """Which places spoke for the target, at a layer   [1].

        L = relu( sum_k w_k A_k ),   w_k = mean over places of  d f / d A_k

    Settings    layer  its name; "auto" takes the last layer that has height and width
                libra  True for LibraGrad's balanced gradient [2]: made for transformers
    Laws        none: the map depends on the layer that is chosen
    Cost        one forward, and the way back from the output to the layer only
    Beware      it shows only what speaks for the target, at the layer's own resolution

    [1] Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, "Grad-CAM: Visual Explanations from Deep Networks via
        Gradient-based Localization", 2017, eq. 1 and 2
    [2] Mehri, Fayyaz, Baghshah, Pilehvar, "LibraGrad: Balancing Gradient Flow for Universally Better Vision
        Transformer Attributions", 2025
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"
    libra: bool = False

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = chosen(model, x, self.layer)
        activation, gradient = activation_and_gradient(balanced(model, self.libra), x, target, layer)
        weight = gradient.mean((2, 3), keepdim=True)
        return picture_of((weight * activation).sum(1).relu(), model, x, layer)
