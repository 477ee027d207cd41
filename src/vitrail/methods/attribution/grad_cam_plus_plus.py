"""Grad-CAM++: channels weighed by their positive gradients, place by place."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import activation_and_gradient, chosen, picture_of
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class GradCAMPlusPlus:
    """Which places spoke for the target, when there are several of them   [1].

        L = relu( sum_k w_k A_k ),   w_k = sum over places of  alpha * relu(d f / d A_k)
        alpha = g^2 / (2 g^2 + (sum over places of A_k) g^3) = 1 / (2 + (sum over places of A_k) g),   g = d f / d A_k

    Settings    layer  its name; "auto" takes the last layer that has height and width
    Laws        none: the map depends on the layer that is chosen
    Cost        one forward, and the way back from the output to the layer only
    Beware      the score is taken to be exp(target), as in the paper; the scale of a map means nothing

    [1] Chattopadhyay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++", 2018, eq. 5 and 19
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = chosen(model, x, self.layer)
        activation, gradient = activation_and_gradient(model, x, target, layer)
        below = 2 + activation.sum((2, 3), keepdim=True) * gradient
        alpha = torch.where((below == 0) | (gradient <= 0), 0.0, 1 / below)  # only gradients above 0 count
        weight = (alpha * gradient).sum((2, 3), keepdim=True)
        return picture_of((weight * activation).sum(1).relu(), model, x, layer)
