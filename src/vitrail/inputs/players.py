"""Players: what is taken away together. Labels give every element of an example the number of its player."""

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadInput, BadSetting, MissingExtra
from vitrail.inputs.sentences import sentences
from vitrail.model import Packed

PLACES = ("height", "width", "step", "token")
NAMES = ("auto", "pixels", "patches", "superpixels", "windows", "columns", "groups", "tokens", "sentences")
NEEDS = {"pixels": "height", "patches": "height", "superpixels": "height", "windows": "step", "tokens": "token"}
#: of these an example may have only one: that is how it is, and no setting that went wrong
MAY_BE_ONE = ("auto", "columns", "groups", "tokens", "sentences")


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

    players   a name out of `NAMES`, or an integer array shaped like one example (or broadcastable to it);
              "groups" and "sentences" as `written` spells them

    Raises BadSetting for an unknown name or one that does not suit x.
    """
    if not isinstance(players, str):
        return _given(players, x)
    if players not in NAMES:
        raise BadSetting(
            f"no players named {players!r}. One of {', '.join(NAMES)}, or labels was expected. Choose one."
        )
    suited = (kind for kind in ("patches", "tokens", "windows") if NEEDS[kind] in axes)
    kind = next(suited, "columns") if players == "auto" else players
    if NEEDS.get(kind, "batch") not in axes:
        raise BadSetting(
            f"players={kind!r} do not suit x, whose axes are {axes}. Use players='columns', or labels of your own."
        )
    if kind == "superpixels":
        return _superpixels(x, axes, count)
    if kind == "columns":
        return torch.arange(x[0].numel(), device=x.device).reshape(x.shape[1:]).expand(x.shape)
    side = 1 if kind in ("pixels", "tokens") else patch or max(1, min(x.shape[a] for a in _places(axes)) // 8)
    return _grid(x, _places(axes), side)


def written(players: Any, packed: Packed) -> Any:
    """The players of x that only the door knows, as labels; all others as they are.

    "groups"     columns that belong together, such as one-hot columns; "auto" takes them where there are any
    "sentences"  tokens up to a full stop, or another mark that ends a sentence

    Raises BadSetting where there are none.
    """
    if isinstance(players, str) and players == "sentences":
        return sentences(packed)
    if not isinstance(players, str) or players not in ("auto", "groups"):
        return players
    if players == "groups" and packed.groups is None:
        raise BadSetting(
            "players='groups' join columns that belong together, and none of x do. A table with categories was "
            "expected. Say them when opening: vitrail.open(..., inputs=vitrail.Table.of(training_table)), or give "
            "labels."
        )
    return players if packed.groups is None else packed.groups


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
            "example were expected. Reshape them; an axis of size 1 stands for all its places."
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


# -- who plays ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Players:
    """Who plays: the player of every element of x.

    labels  (batch, ...) long, broadcastable to x: numbered from 0 in each example; -1 for what is always there
    counts  how many players each example has
    axes    the axes that values of the players have; None where they are those of x itself
    sizes   the sizes of these axes, the batch left out
    """

    labels: Tensor
    counts: tuple[int, ...]
    axes: tuple[str, ...] | None
    sizes: tuple[int, ...]

    def alike(self) -> list[Tensor]:
        """Examples with equally many players: their games are played on the same coalitions."""
        counts = torch.tensor(self.counts, device=self.labels.device)
        return [(counts == count).nonzero()[:, 0] for count in sorted(set(self.counts))]

    def present(self, rows: Tensor, coalitions: Tensor) -> Tensor:
        """(m, ...) whether (how far, for float coalitions (m, players)) each element of these examples is there."""
        always = F.pad(coalitions, (0, 1), value=1)  # whom the label -1 finds
        if self.shared is not None:
            return always.index_select(1, self.shared).reshape(-1, *self.labels.shape[1:])
        labels = self.labels[rows]
        flat = labels.flatten(1)
        return always.gather(1, flat.where(flat >= 0, coalitions.shape[1])).reshape(labels.shape)

    @cached_property
    def shared(self) -> Tensor | None:
        """(elements,) where each element's player is found, when that is the same in all examples."""
        first = self.labels[0].flatten()
        if self.labels.stride(0) != 0 and not bool((self.labels == self.labels[:1]).all()):
            return None
        return first.where(first >= 0, self.counts[0])

    def drawn(self, axes: tuple[str, ...]) -> tuple[Tensor, tuple[str, ...]]:
        """The labels with the axes on which they depend, and the names of these."""
        own = [i for i in range(1, self.labels.ndim) if self.labels.shape[i] > 1]
        flat = self.labels.reshape(len(self.labels), *(self.labels.shape[i] for i in own))
        return flat, ("batch", *(axes[i] for i in own))

    def shaped(self, values: Tensor) -> Tensor:
        """(batch, most players) -> (batch, *sizes): in place of each player, 0 where nobody plays."""
        if self.sizes == values.shape[1:]:
            return values
        flat = self.labels.flatten(1)
        laid = values.gather(1, flat.clamp(min=0))
        return torch.where(flat < 0, torch.zeros_like(laid), laid).reshape(-1, *self.sizes)


def players_of(players: Any, x: Tensor, packed: Packed, patch: int | None, count: int) -> Players:
    """The players behind the settings `players`, `patch` and `count`.

    Raises BadSetting for a name that is unknown or does not suit x, and where settings make a single player of all;
    BadInput for a text without a token that could play.
    """
    labels = _compact(labels_of(written(players, packed), x, packed.axes, patch, count))
    if packed.held is not None and labels.shape[1] == packed.held.shape[1]:
        labels = _without(labels, packed.held.reshape(*packed.held.shape, *[1] * (labels.ndim - 2)))
    counts = tuple((labels.flatten(1).amax(1) + 1).tolist())
    _check_counts(players, packed, counts, patch, count)
    axes, sizes = _own_axes(labels, x, packed.axes, counts)
    return Players(labels, counts, axes, sizes)


def _check_counts(players: Any, packed: Packed, counts: tuple[int, ...], patch: int | None, count: int) -> None:
    least = counts.index(min(counts))
    if counts[least] < 1:
        raise BadInput(
            f"x[{least}] has no token that could play: {' '.join(packed.labels['token'][least])}. At least one beside "
            "padding and the tokenizer's own was expected. Leave this text out."
        )
    if counts[least] < 2 and ("height" in packed.axes or not isinstance(players, str) or players not in MAY_BE_ONE):
        raise BadSetting(
            f"players={players!r} make a single player of x[{least}], who would get everything. Two or more were "
            f"expected. Take smaller patches (patch={patch}), more superpixels (count={count}), or other labels."
        )


def _compact(labels: Tensor) -> Tensor:
    """The same labels, with size 1 along the axes on which they do not depend."""
    same = [i > 0 and stride == 0 for i, stride in enumerate(labels.stride())]
    return labels[tuple(slice(0, 1) if each else slice(None) for each in same)]


def _without(labels: Tensor, held: Tensor) -> Tensor:
    """The players numbered anew in each example, -1 for what is held."""
    made = torch.full_like(labels, -1)
    for each, old, still in zip(made, labels, held.expand_as(labels), strict=True):
        each[~still] = old[~still].unique(return_inverse=True)[1]
    return made


def _own_axes(
    labels: Tensor, x: Tensor, axes: tuple[str, ...], counts: tuple[int, ...]
) -> tuple[tuple[str, ...] | None, tuple[int, ...]]:
    """Axes and sizes of the values: as x where every place is a player of its own, else one after the other."""
    if any(int((each >= 0).sum()) != count for each, count in zip(labels, counts, strict=True)):
        return ("batch", "player"), (max(counts),)
    if labels.shape == x.shape:
        return None, tuple(x.shape[1:])
    own = [i for i in range(1, x.ndim) if labels.shape[i] == x.shape[i]]
    return ("batch", *(axes[i] for i in own)), tuple(x.shape[i] for i in own)
