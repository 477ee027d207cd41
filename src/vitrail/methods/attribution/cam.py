"""What the class activation maps share: choosing the layer, channels first, and back to the size of the picture."""

import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadInput, WrongLayer, first
from vitrail.methods.answer import Answer
from vitrail.model import Layer, Model

AXES = ("batch", "height", "width")


def chosen(model: Model, x: Tensor, name: str) -> Layer:
    """The layer by name, or for "auto" the last one that still has height, width and channels.

    Raises WrongLayer when the layer has no height and width, naming one that has.
    """
    layers = model.surveyed(x)
    if name != "auto" and layers[name].has_picture:
        return layers[name]
    pictures = [layer for layer in layers if layer.has_picture]
    modules = [layer for layer in pictures if layer.module is not None]
    if name == "auto" and pictures:
        return (modules or pictures)[-1]
    what = f"{name!r} gives {_shape(layers[name])}" if name != "auto" else f"{model.name} has no such layer"
    advice = f"Try layer={(modules or pictures)[-1].name!r}." if pictures else "Use a method without layers."
    raise WrongLayer(
        f"a class activation map needs a layer with height, width and channels; {what}. "
        f"Layers with them: {first([p.name for p in pictures]) or 'none'}. {advice}"
    )


def _shape(layer: Layer) -> str:
    return "nothing yet" if layer.shape is None else f"(batch, {', '.join(map(str, layer.shape[1:]))})"


def activation_and_gradient(model: Model, x: Tensor, target: object, layer: Layer) -> tuple[Tensor, Tensor]:
    """(batch, channel, height, width) each: what the layer gave, and how the target reacts to it."""
    activation, gradient = model.gradient(x, target, layer=layer.name)  # type: ignore[arg-type]
    return channels_first(activation, layer), channels_first(gradient, layer)


def channels_first(activation: Tensor, layer: Layer) -> Tensor:
    return activation if layer.channel_axis == 1 else activation.movedim(layer.channel_axis or 1, 1)


def picture_of(coarse: Tensor, model: Model, x: Tensor, layer: Layer) -> Answer:
    """A layer's map (batch, height, width), and beside it the same at the size of the input, bilinearly."""
    large = F.interpolate(coarse[:, None], size=sides(model, x), mode="bilinear", align_corners=False)[:, 0]
    return Answer(large, AXES, "map", {"layer_map": (coarse, AXES)}, {"layer": layer.name})


def sides(model: Model, x: Tensor) -> list[int]:
    """Height and width of the pictures.

    Raises BadInput where x is none.
    """
    if not {"height", "width"} <= set(model.axes):
        raise BadInput(f"a map needs pictures; x has the axes {model.axes}. Use a method without layers.")
    return [x.shape[model.axes.index(a)] for a in ("height", "width")]
