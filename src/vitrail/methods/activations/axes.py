"""The axes of a layer's output, and the layer that is meant when none is named."""

from torch import Tensor

from vitrail.errors import WrongLayer
from vitrail.model import Layer, Model


def named(model: Model, x: Tensor, name: str) -> Layer:
    """The layer by name; for "auto" the last module whose output is not shaped like the network's own."""
    layers = model.surveyed(x)
    if name != "auto":
        return layers[name]
    own = model.said()[0].shape[1:]
    inner = [
        layer for layer in layers if layer.module is not None and layer.shape is not None and layer.shape[1:] != own
    ]
    if not inner:
        raise WrongLayer(
            f"{model.name} has no inner layer to choose. Layers are: {', '.join(layers.names) or 'none'}. Name one."
        )
    return inner[-1]


def axes_of(layer: Layer, values: Tensor) -> tuple[str, ...]:
    """Names for the axes of a layer's output: batch, channel, height and width where they are known, else units."""
    if layer.has_picture or layer.spatial:
        names = {layer.channel_axis: "channel"} | dict(zip(layer.spatial, ("height", "width"), strict=True))
        return ("batch", *(names[i] for i in range(1, values.ndim)))
    if values.ndim == 2:
        return ("batch", "unit")
    if values.ndim == 3:
        return ("batch", "token", "unit") if layer.channel_axis == 2 else ("batch", "channel", "step")
    return ("batch", *["unit"] * (values.ndim - 1))
