"""Controls: what any explanation has to beat. They look at x, or at nothing, and never at the network."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from vitrail.methods.settings import Seed
from vitrail.model import Model
from vitrail.target import Target

STREAM = 7  #: which of the streams of a seed the control draws from
PLACES = ("height", "width", "step", "token")


@dataclass(frozen=True)
class Random:
    """Shares drawn at random.

        a_i ~ N(0, 1), independent

    Settings    seed  of the draws
    Laws        none
    Cost        nothing
    Beware      a control, no explanation
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    seed: Seed = 0

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        # not torch's normal numbers of this seed, with which x itself may have been made
        return torch.from_numpy(np.random.default_rng((self.seed, STREAM)).normal(size=tuple(x.shape))).to(x)


@dataclass(frozen=True)
class Edge:
    """How much x changes from place to place; where it has no places, how large it is.

        a_i = sqrt( sum over places d of  ((x_{i + e_d} - x_{i - e_d}) / 2)^2 ),   or |x_i|

    Settings    none
    Laws        none
    Cost        nothing
    Beware      a control, no explanation: edges of a picture look like explanations of it   [1]

    [1] Adebayo, Gilmer, Muelly, Goodfellow, Hardt, Kim, "Sanity Checks for Saliency Maps", 2018,
        the case of edge detectors
    """

    laws: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, model: Model, x: Tensor, target: Target) -> Tensor:
        places = [i for i, axis in enumerate(model.axes) if axis in PLACES and x.shape[i] > 1]
        if not places:
            return x.abs()
        slopes = torch.gradient(x, dim=places)
        return torch.stack(slopes).square().sum(0).sqrt()
