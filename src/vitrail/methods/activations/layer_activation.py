"""Layer activation: what a layer said."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitrail.methods.activations.axes import axes_of, named
from vitrail.methods.answer import Answer
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class LayerActivation:
    """The output of a layer, as it is   [1].

        a = A(x)

    Settings    layer  its name; "auto" takes the last layer before the output
    Laws        none: it does not look at the target
    Cost        one forward per example
    Beware      a large activation need not matter for the answer: see layer-conductance

    [1] Erhan, Bengio, Courville, Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009, section 2
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = named(model, x, self.layer)
        values = model.trace(x, keep=(layer.name,)).layers[layer.name].detach()
        return Answer(values, axes_of(layer, values), "activation", checks={"layer": layer.name})
