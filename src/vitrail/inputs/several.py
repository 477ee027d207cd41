"""Networks with several inputs: their floating parts are laid side by side in one tensor."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput, BadSetting, near
from vitrail.inputs.arguments import accepted
from vitrail.inputs.numbers import check_held, check_numbers, tensor_of
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed

Several = Mapping[str, Any] | tuple[Any, ...]


def pack_several(model: Model, given: Several) -> Packed:
    """A tuple (by position) or dict (by name) of arrays (batch, ...).

    x is (batch, all floating values in a row); whole numbers (codes, ids) are handed through and get no values.
    """
    network = model.network
    parts = {n: tensor_of(check_numbers(p, f"input {n!r}", 1)).to(network.device) for n, p in named(given).items()}
    _check_names(model, given)
    check_lengths(parts)
    moving = {n: check_held(p.to(network.dtype or p.dtype), n) for n, p in parts.items() if p.is_floating_point()}
    if not moving:
        raise BadInput(
            "none of the inputs holds floating numbers. At least one was expected. Convert it: x.astype('float32')."
        )
    sizes = [p[0].numel() for p in moving.values()]
    x = torch.cat([p.reshape(len(p), -1) for p in moving.values()], 1)

    def feed(points: Tensor, rows: Tensor) -> Feed:
        pieces = zip(moving.items(), torch.split(points, sizes, 1), strict=True)
        new = {name: piece.reshape(-1, *part.shape[1:]).to(part.dtype) for (name, part), piece in pieces}
        whole = {name: new[name] if name in new else part[rows] for name, part in parts.items()}
        return Feed((), whole) if isinstance(given, Mapping) else Feed(tuple(whole.values()))

    def unpack(values: np.ndarray[Any, Any], _: bool) -> dict[str, np.ndarray[Any, Any]]:
        pieces = np.split(values, np.cumsum(sizes)[:-1], axis=1)
        return {f"values/{n}": v.reshape(-1, *p.shape[1:]) for (n, p), v in zip(moving.items(), pieces, strict=True)}

    axes = {f"values/{n}": network.axes(tuple(p.shape)) for n, p in moving.items()}
    return Packed(x, ("batch", "feature"), feed, unpack, axes)


def named(given: Several) -> dict[str, Any]:
    """The parts by name; those of a tuple by their number."""
    return dict(given) if isinstance(given, Mapping) else {str(i): part for i, part in enumerate(given)}


def background(given: Several, x: Several) -> Tensor:
    """(count, all floating values in a row): for every floating part of x a number, one example, or several.

    Raises BadSetting when parts are missing or do not fit those of x.
    """
    parts, own = named(given), named(x)
    moving = {n: t for n, p in own.items() if (t := tensor_of(check_numbers(p, n, 1))).is_floating_point()}
    missing = [n for n in moving if n not in parts]
    if missing or set(parts) - set(own):
        raise BadSetting(
            f"the baseline has the parts {', '.join(parts) or 'none'}, and x has {', '.join(own)}. One for every part "
            "that holds floating numbers was expected: a number, or an array like one example. Add or rename them."
        )
    rows = [_row(parts[n], p, n) for n, p in moving.items()]
    count = max(map(len, rows))
    return torch.cat([row.expand(count, -1) for row in rows], 1)


def _row(given: Any, part: Tensor, name: str) -> Tensor:
    """(count, values) of one part."""
    array = torch.as_tensor(check_numbers(np.atleast_1d(np.asarray(given)), f"baseline {name!r}", 1)).to(part)
    if array.shape == (1,):
        return array.expand(part[0].numel())[None]
    if array.shape[-part.ndim + 1 :] != part.shape[1:] or array.ndim > part.ndim:
        raise BadSetting(
            f"the baseline of input {name!r} has shape {tuple(array.shape)}, and an example {tuple(part.shape[1:])}. "
            "A number, one example's shape, or (count, ...) was expected. Reshape it."
        )
    return array.reshape(-1, part[0].numel())


def _check_names(model: Model, given: Several) -> None:
    """Names that the network does not know are refused before it runs."""
    known = accepted(model.network)
    unknown = [] if known is None or not isinstance(given, Mapping) else [n for n in given if n not in known]
    if unknown:
        raise BadInput(
            f"{model.name} has no input named {unknown[0]!r}. {near(unknown[0], known or ())}Its inputs are: "
            f"{', '.join(known or ()) or 'none'}. Rename it, or leave it out.",
            name=unknown[0],
        )


def check_lengths(parts: Mapping[str, Tensor]) -> None:
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise BadInput(
            f"the inputs differ in their number of examples: {lengths}. Equal ones were expected. Check the batch axes."
        )
