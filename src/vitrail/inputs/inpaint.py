"""Inpainting: absent regions of a picture continue what surrounds them, smoothly."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadSetting

ROUNDS = 6  #: times that unknown pixels are made the mean of their neighbours, at every scale


@dataclass(frozen=True, eq=False)
class Inpaint:
    """The picture with absent pixels filled from what is there, at coarser and coarser scales [1].

    Up the pyramid every pixel is the mean of what is known below it; on the way down unknown pixels take what the
    coarser scale says, and are then drawn towards the mean of their neighbours. What is there is untouched. Where
    nothing is there, every channel is its own mean over the picture.

    x       (batch, ...) pictures
    places  the axes of height and width

    [1] Gortler, Grzeszczuk, Szeliski, Cohen, "The Lumigraph", 1996, section 3.4: pull and push
    """

    x: Tensor
    places: tuple[int, int]

    @property
    def count(self) -> int:
        return 1

    def __call__(self, rows: Tensor, which: Tensor, here: Tensor) -> Tensor:
        x = self.x[rows]
        last = x.movedim(self.places, (-2, -1))  # (m, channel, height, width)
        known = here.expand_as(x).to(x).movedim(self.places, (-2, -1))
        mean = last.mean((-2, -1), keepdim=True)
        made = _filled(known * (last - mean), known) + mean
        made = made.movedim((-2, -1), self.places)
        return torch.where(here, x, made) if here.dtype == torch.bool else torch.lerp(made, x, here.to(x))


def inpaint(x: Tensor, axes: tuple[str, ...]) -> Inpaint:
    """The fill for pictures.

    Raises BadSetting where x is none.
    """
    if not {"height", "width"} <= set(axes):
        raise BadSetting(
            f"fill='inpaint' needs pictures; x has the axes {axes}. Height and width were expected. Use "
            "fill='baseline', or 'conditional' for tables."
        )
    return Inpaint(x, (axes.index("height"), axes.index("width")))


def _filled(weighed: Tensor, known: Tensor) -> Tensor:
    """known times the values, and known, (m, channel, height, width) -> values everywhere; 0 where nothing is known."""
    height, width = weighed.shape[-2:]
    own = weighed / known.where(known > 0, torch.ones_like(known))
    if height == width == 1:
        return own
    kernel = (min(2, height), min(2, width))
    above = [F.avg_pool2d(part, kernel, ceil_mode=True) for part in (weighed, known)]
    coarse = F.interpolate(_filled(*above), size=(height, width), mode="bilinear", align_corners=False)
    filled = torch.where(known > 0, own, coarse)
    for _ in range(ROUNDS):
        filled = torch.where(known > 0, own, _neighbours(filled))
    return filled


def _neighbours(picture: Tensor) -> Tensor:
    """The mean of the four neighbours; at an edge the pixel itself stands for the one outside."""
    padded = F.pad(picture, (1, 1, 1, 1), mode="replicate")
    beside = padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:] + padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return beside / 4
