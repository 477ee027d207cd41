"""LayerCAM: every place of every channel, weighed by its own positive gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import activation_and_gradient, chosen, picture_of
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class LayerCAM:
    """Which places spoke for the target; also sharp at early layers   [1].

        L = relu( sum_k relu(d f / d A_k) * A_k )

    Settings    layer  its name; "auto" takes the last layer that has height and width
    Laws        none: the map depends on the layer that is chosen
    Cost        one forward, and the way back from the output to the layer only
    Beware      negative gradients are dropped, so a place can light up that also spoke against

    [1] Jiang, Zhang, Hou, Cheng, Wei, "LayerCAM: Exploring Hierarchical Class Activation Maps", 2021, eq. 5 and 6
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = chosen(model, x, self.layer)
        activation, gradient = activation_and_gradient(model, x, target, layer)
        return picture_of((gradient.relu() * activation).sum(1).relu(), model, x, layer)
