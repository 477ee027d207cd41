"""Which layers make a signature."""

import math
from collections.abc import Sequence

from torch import Tensor

from vitrail.errors import BadSetting, WrongLayer
from vitrail.model import Layer, Model

MOST = 6  #: layers that "auto" takes at most
#: what says again, in another shape, what was said before it
REPEATING = "flatten reshape view dropout identity contiguous permute transpose squeeze pad".split()


def chosen(model: Model, x: Tensor, asked: str | Sequence[str]) -> list[Layer]:
    """The layers by name; for "auto" what stands before each layer with weights, at most MOST of them.

    Raises NoSuchLayer, and WrongLayer when nothing is left to choose from; BadSetting for none, or one named twice.
    """
    layers = model.surveyed(x)
    if isinstance(asked, str):
        return automatic(model, x) if asked == "auto" else [layers[asked]]
    names = [layers[name].name for name in asked]
    if not names or len(set(names)) < len(names):
        raise BadSetting(
            f"layers={list(asked)!r} names {'no layer' if not names else 'a layer twice'}. Different names, or 'auto', "
            "were expected. Use model.layers to list them all."
        )
    return [layers[name] for name in names]


def automatic(model: Model, x: Tensor) -> list[Layer]:
    """What each block says, or where there are none what stands before each layer with weights; thinned to a few.

    The last one is always what the head of the network reads.
    """
    known = [layer for layer in model.surveyed(x) if layer.shape is not None and layer.kind != "attention"]
    inner = [layer for layer in ends(known) if is_activation(layer)]
    if not inner:
        names = ", ".join(layer.name for layer in known)
        do = "Name some: layers=[...]." if names else "Open a network that has layers."
        raise WrongLayer(f"{model.name} has no inner layer to choose. Layers are: {names or 'none'}. {do}")
    whole = blocks(known)
    return [*thinned(whole, MOST - 1), inner[-1]] if len(whole) > 1 else thinned(inner, MOST)


def blocks(layers: Sequence[Layer]) -> list[Layer]:
    """The outermost numbered parts that hold layers with weights: residual blocks, the layers of a transformer.

    A single one is the frame around others, which are looked for inside it.
    """
    weighty = [layer.name for layer in layers if is_weighty(layer)]
    held = [x for x in layers if is_numbered(x) and sum(name.startswith(f"{x.name}.") for name in weighty) > 1]
    outer = [x for x in held if not any(x.name.startswith(f"{other.name}.") for other in held)]
    return blocks([x for x in layers if x.name != outer[0].name]) if len(outer) == 1 else outer


def is_numbered(layer: Layer) -> bool:
    return layer.module is not None and layer.name.split(".")[-1].isdecimal()


def ends(layers: Sequence[Layer]) -> list[Layer]:
    """What stands right before each layer with weights but the first; by the name of its block where it ends one."""
    weighty = {layer.name for layer in layers if is_weighty(layer)}
    found: list[Layer] = []
    last: Layer | None = None
    for layer in layers:
        if layer.name in weighty:
            found += [last] if last is not None else []
            last = layer
        elif last is None or layer.name.split("/")[0] in weighty or repeats(layer):
            continue
        elif not holds_others(layer, layers) or layer.shape == last.shape:
            last = layer
    return found


def holds_others(layer: Layer, layers: Sequence[Layer]) -> bool:
    """Whether a layer is only the frame around others."""
    inside = (f"{layer.module}.", f"{layer.module}/")
    return layer.module is not None and any(other.name.startswith(inside) for other in layers)


def repeats(layer: Layer) -> bool:
    return layer.parameters == 0 and any(word in layer.kind.lower() for word in REPEATING)


def is_weighty(layer: Layer) -> bool:
    """Whether a layer mixes what comes in by weights of its own; norms only scale it."""
    return layer.parameters > 0 and "norm" not in layer.kind.lower() and layer.kind != "PReLU"


def is_activation(layer: Layer) -> bool:
    """Whether it says something about the example in more than one number, and is no embedding of ids."""
    return math.prod((layer.shape or (1,))[1:]) > 1 and "embedding" not in layer.kind.lower()


def thinned(layers: Sequence[Layer], most: int) -> list[Layer]:
    """All of them if they are few; else the last one of each run of equal shapes; else evenly, the last always."""
    following = [*layers[1:], None]
    last = [one for one, then in zip(layers, following, strict=True) if then is None or then.shape != one.shape]
    for some in (layers, last if len(last) > 1 else layers):
        if len(some) <= most:
            return list(some)
    return [some[round(i * (len(some) - 1) / (most - 1))] for i in range(most)]


def titled(name: str) -> str:
    """What a layer is called in words and pictures: a name that is only a number would be taken for a cluster."""
    return f"layer {name}" if name.replace(".", "").isdigit() else name
