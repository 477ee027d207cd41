"""FullGrad: the whole answer, shared out between the input and the biases of every operation, as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.methods.answer import Answer
from vitrail.methods.attribution.cam import AXES, sides
from vitrail.model import Model
from vitrail.rules import Applied
from vitrail.rules.fullgrad import fullgrad
from vitrail.target import Target


@dataclass(frozen=True)
class FullGrad:
    """Where input and biases together made the answer   [1].

        f(x) = sum x * df/dx + sum over operations of sum b * df/dy,   b = y - J x
        map  = psi(x * df/dx) + sum of psi(b * df/dy),   psi = sum over channels, enlarged, of |.| between 0 and 1

    Settings    none
    Laws        none: which operation a bias belongs to depends on how the network is written
    Cost        about two forwards and two ways back, one example after the other
    Beware      what adds up to the answer is not the map but the terms before psi: read checks["conservation_gap"].
                Biases without height and width (dense layers, attention) count there, and are not drawn

    [1] Srinivas, Fleuret, "Full-Gradient Representation for Neural Network Visualization", 2019, eq. 2, 5 and 7
    """

    laws: ClassVar[frozenset[str]] = frozenset()
    conserves: ClassVar[bool] = True

    def __call__(self, model: Model, x: Tensor, target: Target) -> Answer:
        size = sides(model, x)
        layers = (layer for layer in model.surveyed(x) if layer.has_picture and layer.shape is not None)
        channels = {layer.shape[1:]: layer.channel_axis or 1 for layer in layers if layer.shape is not None}
        own = model.axes.index("channel") if "channel" in model.axes else None
        drawn = []
        for i in range(len(x)):  # alone: operations may have their rows anywhere, and each example has its own sum
            one, at = x[i : i + 1], torch.tensor([i], device=x.device)
            picture = _Picture(channels, size)
            given = one * model.at(at).under(Applied(fullgrad(picture.add))).gradient(one, target)
            picture.total = picture.total + given.sum()
            drawn.append((picture.map + psi(given[:, None] if own is None else given.movedim(own, 1), size), picture))
        return Answer(torch.cat([m for m, _ in drawn]), AXES, "map", total=torch.stack([p.total for _, p in drawn]))


class _Picture:
    """What the biases of one example add up to, and the map of those that have height and width."""

    def __init__(self, channels: Mapping[tuple[int, ...], int], size: Sequence[int]) -> None:
        self.channels, self.size = channels, size
        self.total, self.map = torch.zeros(()), torch.zeros(())

    def add(self, part: Tensor) -> None:
        self.total = self.total.to(part) + part.sum()
        axis = self.channels.get(tuple(part.shape[1:])) if len(part) == 1 else None
        if axis is not None and bool(part.any()):
            self.map = self.map.to(part) + psi(part.movedim(axis, 1), self.size)


def psi(part: Tensor, size: Sequence[int]) -> Tensor:
    """(1, height, width) of (1, channel, height, width)   [1, section 5].

    An operation is rescaled as a whole: one channel at a time, dead channels would count as much as live ones.
    """
    shown = part.abs() - part.abs().min()
    small = shown.sum(1, keepdim=True) / torch.where(shown.max() == 0, 1.0, shown.max())
    return F.interpolate(small, size=list(size), mode="bilinear", align_corners=False)[:, 0]
