"""One vector for each example out of a layer: what is averaged, and what is taken as it is."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from vitrail.errors import WrongLayer
from vitrail.methods.attention.tokens import tokens_of
from vitrail.model import Layer, Model

Pool = Literal["auto", "mean", "max", "cls", "raw"]


def pool_of(model: Model, x: Tensor, layer: Layer, asked: Pool) -> Pool:
    """How a layer is pooled: as asked; "auto" is the class token, else the mean over tokens or places, else raw.

    Raises WrongLayer for "cls" where no class token leads the tokens.
    """
    if asked == "cls" and not (is_tokens(layer) and leads(model, x)):
        raise WrongLayer(
            f"pool='cls' was asked, and {layer.name!r} gives {layer.shape} without a class token at its front. Tokens "
            "with one were expected. Use pool='mean'."
        )
    if asked != "auto":
        return asked if len(layer.shape or ()) > 2 else "raw"
    if is_tokens(layer):
        return "cls" if leads(model, x) else "mean"
    return "mean" if places(layer) else "raw"


def is_tokens(layer: Layer) -> bool:
    """Whether a layer gives (batch, token, unit)."""
    return layer.channel_axis == 2 and len(layer.shape or ()) == 3


def places(layer: Layer) -> tuple[int, ...]:
    """The axes over which a layer says the same thing in several places."""
    shape = layer.shape or ()
    if layer.channel_axis is None or len(shape) < 3:
        return ()
    return tuple(axis for axis in range(1, len(shape)) if axis != layer.channel_axis)


def leads(model: Model, x: Tensor) -> bool:
    """Whether the first token is one that stands for the whole example: the tokenizer's, or the network's own."""
    if "token" in model.axes:
        tokenizer = getattr(model.modality, "tokenizer", None)
        first = getattr(tokenizer, "cls_token", None)
        words = model.question.packed.labels.get("token") or [[]]
        return first is not None and all(text[:1] == [first] for text in words)
    maps = [layer for layer in model.surveyed(x) if layer.kind == "attention"]
    if not maps:
        return False
    try:
        return bool(tokens_of(model, x, maps[0]).own[0])
    except WrongLayer:
        return False


def pooled(values: Tensor, layer: Layer, how: Pool, words: Tensor | None = None) -> Tensor:
    """(n, units) out of the output of a layer (n, ...).

    how     "mean" or "max" over places or tokens, "cls" the first token, "raw" everything
    words   (n, token) bool: the tokens that count, where x is a text: neither padding nor the tokenizer's own
    """
    if how == "raw":
        return values.flatten(1)
    if how == "cls":
        return values[:, 0]
    axes = places(layer) or tuple(range(2, values.ndim))
    if is_tokens(layer) and words is not None and words.shape[1] == values.shape[1]:
        return over_words(values, words | ~words.any(1, keepdim=True), how)
    return values.amax(axes) if how == "max" else values.mean(axes)


def over_words(values: Tensor, words: Tensor, how: Pool) -> Tensor:
    """The mean or the largest over the words of each text, so that padding does not matter."""
    counted = words[..., None]
    if how == "max":
        return values.masked_fill(~counted, -torch.inf).amax(1)
    return (values * counted).sum(1) / counted.sum(1)


def vectors(
    kept: Mapping[str, Tensor], layers: Mapping[str, Layer], how: Mapping[str, Pool], words: Tensor | None
) -> dict[str, Tensor]:
    """layer -> (n, units)."""
    return {name: pooled(kept[name].detach(), layers[name], how[name], words) for name in how}
