"""Eigen-CAM: the first principal component of a layer."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import channels_first, chosen, picture_of
from vitrail.model import Model
from vitrail.target import Target


@dataclass(frozen=True)
class EigenCAM:
    """What a layer mostly says, whatever is asked   [1].

        A = U S V^T  (places x channels),   L = A v_1

    Settings    layer  its name; "auto" takes the last layer that has height and width
    Laws        none: it does not look at the target
    Cost        one forward and one singular value decomposition per example
    Beware      the same map for every class; its sign is chosen so that the map is positive on the whole

    [1] Muhammad, Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", 2020, eq. 3
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    layer: str = "auto"

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        layer = chosen(model, x, self.layer)
        activation = channels_first(model.trace(x, keep=(layer.name,)).layers[layer.name], layer).detach()
        places = activation.flatten(2).transpose(1, 2)  # (batch, places, channel)
        _, _, components = torch.linalg.svd(places, full_matrices=False)
        along = (places @ components[:, 0, :, None])[..., 0]
        along = along * torch.where(along.sum(1, keepdim=True) < 0, -1.0, 1.0)
        return picture_of(along.reshape(len(x), *activation.shape[2:]), model, x, layer)
