"""The attention maps of a network: those that there are, all in one shape, and what may be done with them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vitrail.errors import WrongLayer, first
from vitrail.model import Layer, Model
from vitrail.target import Target


def listed(model: Model, x: Tensor, name: str = "auto") -> list[Layer]:
    """The attention maps in the order of the network: all for "auto", or the one of that name.

    Raises WrongLayer when there are none, when the layer is no map, or when its rows are not the examples.
    """
    layers = model.surveyed(x)
    maps = [layer for layer in layers if layer.kind == "attention"]
    if not maps:
        raise WrongLayer(
            f"no attention in {model.name}: no softmax is multiplied with values. A transformer was expected. "
            "Use grad-cam for pictures, or integrated-gradients."
        )
    if name != "auto" and layers[name].kind != "attention":
        raise WrongLayer(
            f"{name!r} is a {layers[name].kind} and no attention map. "
            f"Maps are: {first([m.name for m in maps])}. Try layer={maps[-1].name!r}."
        )
    chosen = maps if name == "auto" else [layers[name]]
    for layer in chosen:
        _check_rows(layer)
    return chosen


def _check_rows(layer: Layer) -> None:
    if len(layer.shape or ()) not in (3, 4) or len(layer.shape or ()) == 4 and (layer.shape or ())[0] != 1:
        raise WrongLayer(
            f"the map {layer.name!r} has the shape {layer.shape} for one example: its attention works in windows, or "
            "along several axes. One map (head, query, key) for each example was expected. Use grad-cam, or "
            "integrated-gradients."
        )


def sizes(layer: Layer) -> tuple[int, int, int]:
    """(heads, queries, keys); three axes are either one head, or all heads side by side with the examples."""
    shape = layer.shape or ()
    return (shape[-3], shape[-2], shape[-1])


def by_head(weights: Tensor, layer: Layer) -> Tensor:
    """(batch, head, query, key)."""
    return weights.reshape(-1, *sizes(layer))


def alike(maps: Sequence[Layer], heads: bool = False) -> None:
    """Raises WrongLayer unless all maps have as many queries and keys (and heads) as the first."""
    start = 0 if heads else 1
    other = next((layer for layer in maps if sizes(layer)[start:] != sizes(maps[0])[start:]), None)
    if other is not None:
        raise WrongLayer(
            f"the maps have different shapes (head, query, key): {maps[0].name!r} {sizes(maps[0])}, "
            f"{other.name!r} {sizes(other)}. Maps of one shape were expected. "
            f"Use method='attention' with one of them: layer={other.name!r}."
        )


def chained(model: Model, x: Tensor) -> list[Layer]:
    """All maps, if one can be multiplied with the next: every token looks at every token, in every layer.

    Raises WrongLayer for cross-attention, and where the number of tokens changes.
    """
    maps = listed(model, x)
    crossing = next((layer for layer in maps if sizes(layer)[1] != sizes(layer)[2]), None)
    if crossing is not None:
        raise WrongLayer(
            f"the map {crossing.name!r} has {sizes(crossing)[1]} queries and {sizes(crossing)[2]} keys: it looks from "
            "some tokens at others. Tokens that look at themselves were expected, in every layer. "
            "Use method='attention', which shows such maps, or integrated-gradients."
        )
    alike(maps)
    return maps


def with_gradients(model: Model, x: Tensor, target: Target, maps: Sequence[Layer]) -> list[tuple[Tensor, Tensor]]:
    """(map, gradient of the target there), each (batch, head, query, key), by one way back."""
    pairs = model.gradients(x, target, [layer.name for layer in maps])
    return [
        (by_head(a, layer).to(x.dtype), by_head(g, layer).to(x.dtype))
        for (a, g), layer in zip(pairs, maps, strict=True)
    ]


def with_reads(model: Model, x: Tensor, target: Target, maps: Sequence[Layer]) -> tuple[list[Tensor], Tensor]:
    """The maps (batch, head, query, key), and what `read_at` says; the way back goes no further than the last map."""
    gradient, values = model.last_gradient(x, target, [layer.name for layer in maps])
    weights = [by_head(a, layer).to(x.dtype) for a, layer in zip(values, maps, strict=True)]
    return weights, read_at(by_head(gradient, maps[-1]).to(x.dtype))


def read_at(gradient: Tensor) -> Tensor:
    """(batch, query): the share of each token in the answer, the same for all that the target reads.

    gradient  of the target at the last map: a token that the target does not read has none in its row
    """
    reads = (gradient != 0).any(-1).any(1).to(gradient.dtype)
    return reads / reads.sum(1, keepdim=True).clamp(min=1)


def with_residual(fused: Tensor) -> Tensor:
    """(fused + I) / 2, its rows summing to 1: half of a token goes around the attention."""
    mixed = fused + torch.eye(fused.shape[-1], dtype=fused.dtype, device=fused.device)
    return mixed / mixed.sum(-1, keepdim=True)
