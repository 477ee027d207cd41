"""Why gradients do not reach the input: the first operation where they stop."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitrail.errors import NoGradient
from vitrail.model.network import Network, first_tensor
from vitrail.model.ops import Watch, plain_name, tapped, tensors_in

if TYPE_CHECKING:
    from vitrail.model.handle import Model

CAUSES = {
    "detach": "calls .detach() there",
    "data": "reads .data there",
    "numpy": "leaves torch for numpy there",
    "item": "turns a tensor into a Python number there",
    "tolist": "turns a tensor into a Python list there",
    "argmax": "takes an argmax, which has no gradient",
    "argsort": "sorts for positions, which has no gradient",
    "long": "casts to integers there",
    "int": "casts to integers there",
    "bool": "casts to booleans there",
}
ADVICE = "Use a method that needs no gradient (occlusion, feature-ablation), or change that line."


def no_gradient(network: Network) -> NoGradient:
    """For networks that never give gradients."""
    return NoGradient(
        f"{network.name} ({network.framework}) gives no gradients: it is opened as a plain function. "
        "Methods without gradients work on it: occlusion, feature-ablation. "
        "Open the network itself (a torch module, a Keras model) to use the others."
    )


def unreachable(model: "Model", x: Tensor, layer: str | None) -> NoGradient:
    """The error for a gradient that came out as None, naming the operation that stopped it if it can be seen."""
    if layer is not None:
        return NoGradient(
            f"the target does not depend on layer {layer!r}. Gradients were expected to flow from it to the output. "
            "Choose a layer that comes before what the target asks about."
        )
    place = _first_stop(model, x)
    where = f"{place}. {ADVICE}" if place else f"no operation that stops them was seen. {ADVICE}"
    return NoGradient(f"gradients do not reach the input of {model.name}: {where}")


def _first_stop(model: "Model", x: Tensor) -> str | None:
    """Run again, and find the first operation whose input asks for gradients and whose output does not."""
    stack, stops = [model.name], []

    def every(func: Any, args: Any, kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        made, name = first_tensor(result), plain_name(func)
        reads = any(t.requires_grad for t in tensors_in((args, kwargs)))
        lost = made is None and name in CAUSES or made is not None and not made.requires_grad and _carries(name, made)
        if reads and lost:
            stops.append(f"{stack[-1]} {_cause(name)}")
        return result

    def around(name: str) -> tuple[Any, Any]:
        return (lambda: stack.append(name)), (lambda value: (stack.pop(), value)[1])

    network, question = model.network, model.question
    feed = question.packed.feed(x.detach().requires_grad_(), model.rows)
    with torch.enable_grad(), tapped(network, {n: around(n) for n in network.parts()}), Watch({}, every):
        network.run(*feed.args, **feed.kwargs)
    return stops[0] if stops else None


def _carries(name: str, made: Tensor) -> bool:
    """Comparisons and shapes lose gradients by nature and harm nobody; the rest counts."""
    return made.is_floating_point() or name in CAUSES


def _cause(name: str) -> str:
    if name == "get":  # a property such as Tensor.data
        return CAUSES["data"]
    if not torch.is_grad_enabled():
        return f"runs {name} under torch.no_grad()"
    return CAUSES.get(name, f"stops them in {name}")
