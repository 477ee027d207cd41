"""What a method sees of x: one tensor with a leading batch axis, and how the network is called with it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model.network import Network


class Feed(NamedTuple):
    """The arguments of one run, and what replaces the output of a part (the embedding, for token ids)."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = {}
    injected: Mapping[str, Tensor] = {}


class Later(Mapping[str, np.ndarray[Any, Any]]):
    """Arrays by name, each made when somebody looks: pictures of examples that nobody shows cost nothing."""

    def __init__(self, make: Mapping[str, Callable[[], np.ndarray[Any, Any]]]) -> None:
        self._make, self._made = make, dict[str, np.ndarray[Any, Any]]()

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        if name not in self._made:
            self._made[name] = self._make[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._make

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)


@dataclass(frozen=True, eq=False)
class Packed:
    """x at the door.

    x         (examples, ...) what methods compute with
    axes      the name of each axis of x
    feed      (points (m, ...), rows (m,)) -> how to run the network on them; row says which example it is
    unpack    (values shaped like x, whether they add up) -> the arrays in the layout that the user gave, by name
    out_axes  the names of the axes of each unpacked array
    labels    names for positions: columns, tokens
    shown     the input as a person would look at it, if that is not x itself: "picture", or "shown", the columns of a
              table in their own units
    held      (examples, token) bool: tokens that are always there, such as padding and what the tokenizer adds
    groups    (feature,) the number of the group of each column, where some belong together, such as one-hot columns
    """

    x: Tensor
    axes: tuple[str, ...]
    feed: Callable[[Tensor, Tensor], Feed]
    unpack: Callable[[np.ndarray[Any, Any], bool], dict[str, np.ndarray[Any, Any]]]
    out_axes: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    held: Tensor | None = None
    groups: Tensor | None = None

    @property
    def shown_axes(self) -> dict[str, tuple[str, ...]]:
        """The axes of what is shown: of pictures, or of the columns of a table."""
        picture, table = ("batch", "height", "width", "channel"), ("batch", "player")
        return {name: picture if array.ndim == 4 else table for name, array in self.shown.items()}


def plain(network: Network, x: Any) -> Packed:
    """A tensor or an array of numbers, as it is, in the network's own floating type."""
    tensor = torch.as_tensor(x)
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise BadInput(f"x is of type {tensor.dtype}. Real numbers were expected. Convert it: x.astype('float32').")
    tensor = tensor.detach().to(network.device, network.dtype)
    axes = network.axes(tuple(tensor.shape))
    return Packed(
        tensor, axes, lambda points, _: Feed((points,)), lambda values, _: {"values": values}, {"values": axes}
    )
