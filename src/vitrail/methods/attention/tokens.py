"""Which tokens stand for places of x, which are the network's own, and how the places lie in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.errors import WrongLayer
from vitrail.model import Layer, Model

#: what ends in the same call in which a map is made, and so stands before the map in the list of layers
FUSED = ("scaled_dot_product_attention", "multi_head_attention_forward")


@dataclass(frozen=True, eq=False)
class Tokens:
    """The layout of the tokens.

    own     (token,) bool: tokens that the network adds itself (class, distillation, registers), wherever they stand
    grid    (height, width) of the others in a picture; None where x is no picture
    """

    own: Tensor
    grid: tuple[int, int] | None

    def without_own(self, values: Tensor) -> Tensor:
        """values (..., token) at the tokens that stand for places of x."""
        return values[..., ~self.own]


def tokens_of(model: Model, x: Tensor, first_map: Layer) -> Tokens:
    """The layout, inferred once for inputs like x: the network's own tokens do not change with x before any attention.

    Raises WrongLayer when the tokens are not seen before the attention, or form no grid.
    """
    return model.remembered(x, ("tokens", first_map.name, "token" in model.axes), lambda: _layout(model, x, first_map))  # type: ignore[no-any-return]


def _layout(model: Model, x: Tensor, first_map: Layer) -> Tokens:
    count = (first_map.shape or ())[-1]
    layers = model.surveyed(x)
    before = layers[: layers.names.index(first_map.name)]
    own = _own(model, x, before, count)
    picture = {"height", "width"} <= set(model.axes)
    return Tokens(own, _grid(model, x, before, count - int(own.sum())) if picture else None)


def _own(model: Model, x: Tensor, before: Sequence[Layer], count: int) -> Tensor:
    """(token,) bool: run one example and a changed one, and see which tokens stay as they are."""
    states = [layer for layer in before if _token_axis(layer, count) is not None]
    if ("token" in model.axes or not states) and count in x.shape[1:-1]:
        return torch.zeros(count, dtype=torch.bool, device=x.device)  # texts: padding never changes, and is no token
    if not states:
        raise WrongLayer(
            f"the {count} tokens of {model.name} are not seen before its first attention. A layer (batch, token, "
            "unit) was expected there. Use method='attention', or integrated-gradients."
        )
    one, state = model.at(torch.zeros(1, dtype=torch.long, device=x.device)), _last_state(states, count)
    seen = [one.trace(some, keep=(state.name,)).layers[state.name] for some in (x[:1], _changed(x[:1]))]
    return (seen[0] == seen[1]).movedim(_token_axis(state, count) or 0, 0).flatten(1).all(1)


def _last_state(states: Sequence[Layer], count: int) -> Layer:
    """The last one, but no scores (batch, query, key), whose rows know all tokens; the first where all may be such."""
    wide = [layer for layer in states if layer.shape is not None and layer.shape[-1] != count]
    return wide[-1] if wide else states[0]


def _token_axis(layer: Layer, count: int) -> int | None:
    """1 for (batch, token, unit), 0 for (token, batch, unit), None for other shapes."""
    if layer.kind in FUSED or layer.shape is None or len(layer.shape) != 3:
        return None
    fits = (layer.shape[axis] == count and layer.shape[1 - axis] == 1 for axis in (1, 0))
    return next((axis for axis, fit in zip((1, 0), fits, strict=True) if fit and axis != layer.channel_axis), None)


def _changed(x: Tensor) -> Tensor:
    """x with every value moved, by about as much as values differ."""
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(x)
    return x + (x.std(correction=0) + x.abs().max() / 10 + 1e-3) * noise


def _grid(model: Model, x: Tensor, before: Sequence[Layer], count: int) -> tuple[int, int]:
    """(height, width): that of the last layer with as many places, else the picture's own proportions."""
    for layer in reversed(before):
        if layer.has_picture and layer.shape is not None:
            height, width = (layer.shape[axis] for axis in layer.spatial)
            if height * width == count:
                return height, width
    high, wide = (x.shape[model.axes.index(axis)] for axis in ("height", "width"))
    height = round((count * high / wide) ** 0.5)
    if height and count % height == 0 and height * wide == count // height * high:
        return height, count // height
    raise WrongLayer(
        f"{count} tokens of {model.name} stand for places of a picture of {high} x {wide}, and form no grid: no layer "
        "before the attention has as many places. A patch convolution, or patches in the picture's own proportions "
        "were expected. Use method='attention', or integrated-gradients."
    )
