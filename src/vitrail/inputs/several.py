"""Networks with several inputs: their floating parts are laid side by side in one tensor."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed


def pack_several(model: Model, given: Mapping[str, Any] | tuple[Any, ...], check: Callable[[Any, str], Any]) -> Packed:
    """A tuple (by position) or dict (by name) of arrays (batch, ...).

    x is (batch, all floating values in a row); whole numbers (codes, ids) are handed through and get no values.
    """
    named = dict(given) if isinstance(given, Mapping) else {str(i): part for i, part in enumerate(given)}
    network = model.network
    parts = {
        name: torch.as_tensor(check(part, f"input {name!r}")).detach().to(network.device)
        for name, part in named.items()
    }
    _check_lengths(parts)
    moving = {n: p.to(network.dtype or p.dtype) for n, p in parts.items() if p.is_floating_point()}
    if not moving:
        raise BadInput(
            "none of the inputs holds floating numbers. At least one was expected. Convert it: x.astype('float32')."
        )
    sizes = [p[0].numel() for p in moving.values()]
    x = torch.cat([p.flatten(1) for p in moving.values()], 1)

    def feed(points: Tensor, rows: Tensor) -> Feed:
        pieces = zip(moving.items(), torch.split(points, sizes, 1), strict=True)
        new = {name: piece.reshape(-1, *part.shape[1:]) for (name, part), piece in pieces}
        whole = {name: new[name] if name in new else part[rows] for name, part in parts.items()}
        return Feed((), whole) if isinstance(given, Mapping) else Feed(tuple(whole.values()))

    def unpack(values: np.ndarray[Any, Any], _: bool) -> dict[str, np.ndarray[Any, Any]]:
        pieces = np.split(values, np.cumsum(sizes)[:-1], axis=1)
        return {f"values/{n}": v.reshape(-1, *p.shape[1:]) for (n, p), v in zip(moving.items(), pieces, strict=True)}

    axes = {f"values/{n}": network.axes(tuple(p.shape)) for n, p in moving.items()}
    return Packed(x, ("batch", "feature"), feed, unpack, axes)


def _check_lengths(parts: Mapping[str, Tensor]) -> None:
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise BadInput(
            f"the inputs differ in their number of examples: {lengths}. Equal ones were expected. Check the batch axes."
        )
