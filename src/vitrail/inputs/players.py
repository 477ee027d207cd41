"""Players: what is taken away together. Labels give every element of an example the number of its player."""

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadSetting, MissingExtra

PLACES = ("height", "width", "step", "token")
NAMES = ("auto", "pixels", "patches", "superpixels", "columns", "tokens")


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows that slide along the places of x. lows, highs: (count, places); masks are made when needed."""

    lows: Tensor
    highs: Tensor
    places: tuple[int, ...]
    shape: tuple[int, ...]
    patch: int
    stride: int

    @property
    def count(self) -> int:
        return len(self.lows)

    def masks(self, which: Tensor) -> Tensor:
        """(m, ...) bool, broadcastable to x: what each window covers."""
        mask = torch.ones((len(which), *[1] * (len(self.shape) - 1)), dtype=torch.bool, device=which.device)
        for i, axis in enumerate(self.places):
            at = torch.arange(self.shape[axis], device=which.device)
            inside = (at >= self.lows[which, i, None]) & (at < self.highs[which, i, None])
            mask = mask & inside.reshape(len(which), *[-1 if a == axis else 1 for a in range(1, len(self.shape))])
        return mask

    def spread(self, falls: Tensor) -> tuple[Tensor, Tensor]:
        """falls (batch, count) laid on the elements they cover: (their sum, how many), each shaped like x."""
        total, times = falls.new_zeros(self.shape), falls.new_zeros(self.shape)
        for k in range(self.count):
            box = [slice(None)] * len(self.shape)
            for i, axis in enumerate(self.places):
                box[axis] = slice(int(self.lows[k, i]), int(self.highs[k, i]))
            total[tuple(box)] += falls[:, k].reshape(-1, *[1] * (len(self.shape) - 1))
            times[tuple(box)] += 1
        return total, times


def windows(x: Tensor, axes: tuple[str, ...], patch: int | None, stride: int | None) -> Windows:
    """Windows of side `patch` every `stride` along height and width (or steps, tokens, columns).

    None: an eighth of the shorter side, half of the patch. Every element is covered; windows at the far edge are cut.
    """
    places = _places(axes)
    sides = [x.shape[a] for a in places]
    patch = patch or (1 if axes[places[0]] in ("feature", "token") else max(1, min(sides) // 8))
    stride = stride or max(1, patch // 2)
    if patch > max(sides) or stride > patch:
        raise BadSetting(
            f"patch={patch}, stride={stride} do not fit {sides} places. A patch no larger than the input and a "
            "stride no larger than the patch were expected, so that every element is covered. Make them smaller."
        )
    begins = [torch.arange(0, max(side - patch, 0) + stride, stride) for side in sides]
    begins = [b[b < side] for b, side in zip(begins, sides, strict=True)]
    lows = torch.cartesian_prod(*begins).reshape(-1, len(places)).to(x.device)
    highs = torch.minimum(lows + patch, torch.tensor(sides, device=x.device))
    return Windows(lows, highs, places, tuple(x.shape), patch, stride)


def _places(axes: tuple[str, ...]) -> tuple[int, ...]:
    found = tuple(i for i, a in enumerate(axes) if a in PLACES)
    return found or (len(axes) - 1,)


def labels_of(players: Any, x: Tensor, axes: tuple[str, ...], patch: int | None, count: int) -> Tensor:
    """(batch, ...) long, shaped like x: the player of every element, numbered from 0.

    players   a name out of `NAMES`, or an integer array shaped like one example (or broadcastable to it)

    Raises BadSetting for an unknown name or one that does not suit x.
    """
    if not isinstance(players, str):
        return _given(players, x)
    if players not in NAMES:
        raise BadSetting(
            f"no players named {players!r}. One of {', '.join(NAMES)}, or labels was expected. Choose one."
        )
    picture = {"height", "width"} <= set(axes)
    kind = ("patches" if picture else "tokens" if "token" in axes else "columns") if players == "auto" else players
    if kind in ("pixels", "patches", "superpixels") and not picture or kind == "tokens" and "token" not in axes:
        raise BadSetting(
            f"players={kind!r} do not suit x, whose axes are {axes}. Use players='columns', or labels of your own."
        )
    if kind == "superpixels":
        return _superpixels(x, axes, count)
    if kind == "columns":
        return torch.arange(x[0].numel(), device=x.device).reshape(x.shape[1:]).expand(x.shape)
    side = 1 if kind in ("pixels", "tokens") else patch or max(1, min(x.shape[a] for a in _places(axes)) // 8)
    return _grid(x, _places(axes), side)


def _grid(x: Tensor, places: tuple[int, ...], side: int) -> Tensor:
    labels = torch.zeros([1] * x.ndim, dtype=torch.long, device=x.device)
    for axis in places:
        cells = torch.arange(x.shape[axis], device=x.device) // side
        labels = labels * int(cells[-1] + 1) + cells.reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    return labels.expand(x.shape)


def _given(players: Any, x: Tensor) -> Tensor:
    try:
        array = np.asarray(players.detach().cpu() if isinstance(players, Tensor) else players)
    except ValueError as error:
        raise BadSetting(
            f"players are no regular array ({error}). Labels shaped like one example were expected. Reshape them."
        ) from error
    if array.dtype.kind not in "iu" or array.min(initial=0) < 0:
        raise BadSetting(
            f"players are of type {array.dtype}. Whole numbers from 0 were expected. Convert them, or name a kind."
        )
    _, labels = np.unique(array, return_inverse=True)
    try:
        return torch.as_tensor(labels.reshape(array.shape), device=x.device).expand(x.shape)
    except RuntimeError as error:
        raise BadSetting(
            f"players have shape {array.shape} and an example {tuple(x.shape[1:])}. Labels shaped like one "
            "example were "
            "expected. Reshape them; an axis of size 1 stands for all its places."
        ) from error


def _superpixels(x: Tensor, axes: tuple[str, ...], count: int) -> Tensor:
    """SLIC superpixels of every picture: Achanta et al., "SLIC Superpixels", 2012, as scikit-image has it."""
    if importlib.util.find_spec("skimage") is None:
        raise MissingExtra("scikit-image", "images", "players='superpixels'")
    from skimage.segmentation import slic

    found = []
    for picture in np.moveaxis(x.detach().cpu().numpy(), axes.index("channel"), -1):
        low, high = picture.min(), picture.max()
        found.append(slic((picture - low) / max(high - low, 1e-12), n_segments=count, start_label=0, channel_axis=-1))
    labels = torch.as_tensor(np.stack(found), device=x.device)  # (batch, height, width)
    return labels.unsqueeze(axes.index("channel")).expand(x.shape)
