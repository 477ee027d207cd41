"""HiResCAM: activation times gradient, place by place."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import activation_and_gradient, chosen, picture_of
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class HiResCAM:
    """Which places spoke for (above 0) and against (below 0) the target   [1].

        L = sum_k  (d f / d A_k) * A_k

    Settings    layer  its name; "auto" takes the last layer that has height and width
    Laws        none: the map depends on the layer that is chosen
    Cost        one forward, and the way back from the output to the layer only
    Beware      only before pooling and one dense layer does the map add up to the target less its bias

    [1] Draelos, Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
        2020, eq. 3
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = chosen(model, x, self.layer)
        activation, gradient = activation_and_gradient(model, x, target, layer)
        return picture_of((gradient * activation).sum(1), model, x, layer)
