"""Layer conductance: how much of the answer flows through each unit of a layer."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.inputs.baselines import Baseline, Constant
from vitrail.methods.activations.axes import axes_of, named
from vitrail.methods.answer import Answer
from vitrail.methods.settings import Count
from vitrail.model import Model, Sweep
from vitrail.target import Target


@dataclass(frozen=True)
class LayerConductance:
    """The share of the change in the target that passes through each unit of a layer   [1, 2].

        a_j = integral over t in [0, 1] of  (d f / d A_j) * (d A_j / d t),   A at b + t (x - b)
            ~ sum over steps k of  (d f / d A_j at the middle of step k) * (A_j(t_{k+1}) - A_j(t_k))

    Settings    layer     its name; "auto" takes the last layer before the output
                steps     steps on the path; the error falls as 1 / steps^2 for smooth networks
                baseline  b, the input that stands for "nothing there"; averaged over several
    Laws        completeness
    Cost        one gradient and two forwards per step
    Beware      complete only for a layer that everything passes through: not for one branch of several

    [1] Dhamdhere, Sundararajan, Yan, "How Important Is a Neuron?", 2018, eq. 2
    [2] Shrikumar, Su, Kundaje, "Computationally Efficient Measures of Internal Neuron Importance", 2018, section 3
    """

    laws: ClassVar[frozenset[str]] = frozenset({"completeness"})
    layer: str = "auto"
    steps: Count = 50
    baseline: Baseline = Constant(0.0)

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = named(model, x, self.layer)
        starts = self.baseline(x, model.axes)

        def at(rows: Tensor, k: Tensor, ahead: float) -> Tensor:
            b, t = starts[k // self.steps, rows], ((k % self.steps).to(x) + ahead) / self.steps
            return b + t.reshape(-1, *[1] * (x.ndim - 1)) * (x[rows] - b)

        def flow(part: Model, rows: Tensor, k: Tensor) -> Tensor:
            low, high = (part.trace(at(rows, k, a), keep=(layer.name,)).layers[layer.name] for a in (0.0, 1.0))
            _, gradient = part.gradient(at(rows, k, 0.5), target, layer=layer.name)
            return gradient * (high - low).detach()  # type: ignore[no-any-return]

        weights = torch.full((len(starts) * self.steps,), 1 / len(starts), dtype=x.dtype)
        values = model.over(Sweep(len(x), len(weights), lambda rows, k: at(rows, k, 0.5), weights), flow)
        return Answer(values, axes_of(layer, values), "activation", checks={"layer": layer.name})
