"""Why gradients do not reach the input: the first operation where they stop."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitrail.errors import NoGradient
from vitrail.model import passes
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
    "float": "turns a tensor into a Python number there",
    "array": "leaves torch for numpy there",
    **dict.fromkeys("gt lt ge le eq ne".split(), "compares there, which has no gradient"),
}
LEAVING = {"numpy", "array", "item", "tolist", "float", "int"}  #: what they give is no tensor
ADVICE = "Use a method that needs no gradient (occlusion, feature-ablation), or change that line."


def no_gradient(network: Network) -> NoGradient:
    """For networks that never give gradients."""
    return NoGradient(
        f"{network.name} ({network.framework}) gives no gradients. Methods that ask for outputs alone work on it: "
        "odd-shap, kernel-shap, occlusion, and tree-shap on trees. Ask one of these, or open the network itself (a "
        "torch module, a Keras model) to use the others."
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
    """Run again, and follow what lost its gradients to the output: where that was made, they stopped."""
    network, question, seen = model.network, model.question, _Losses([model.name])
    with torch.enable_grad():
        feed = question.packed.feed(x.detach().requires_grad_().clone(), model.rows)
        taps = {name: seen.around(name) for name in network.parts()}
        with passes.injecting(network, feed.injected), tapped(network, taps), Watch({}, seen.operation):
            output = passes.pick(network.run(*feed.args, **feed.kwargs), model.output, model.name, len(x))
    return seen.cause.get(id(output)) or next(iter(seen.left), None)


class _Losses:
    """Which tensors lost their gradients on the way from the input, and in which operation.

    cause  id of a tensor -> where and how
    left   the same for what left torch, where nothing can be followed any further
    """

    def __init__(self, stack: list[str]) -> None:
        self.stack = stack
        self.cause: dict[int, str] = {}
        self.left: list[str] = []
        self._alive: list[Tensor] = []  # an id means sameness only while its tensor lives

    def around(self, name: str) -> tuple[Any, Any]:
        return (lambda: self.stack.append(name)), (lambda value: (self.stack.pop(), value)[1])

    def operation(self, func: Any, args: Any, kwargs: Any) -> Any:
        inputs = list(tensors_in((args, kwargs)))
        asking, known = [t.requires_grad for t in inputs], [self.cause.get(id(t)) for t in inputs]
        result = func(*args, **kwargs)
        made, name = first_tensor(result), plain_name(func)
        if made is not None and made.requires_grad:
            return result
        cause = f"{self.stack[-1]} {_cause(name, made)}" if any(asking) else next(filter(None, known), None)
        if cause and made is not None:
            self.cause[id(made)] = cause
            self._alive.append(made)
        elif cause and name in LEAVING:
            self.left.append(cause)
        return result


def _cause(name: str, made: Tensor | None) -> str:
    if name == "get":  # a property such as Tensor.data
        return CAUSES["data"]
    if not torch.is_grad_enabled():
        return f"runs {name} under torch.no_grad()"
    if name in ("to", "type", "type_as") and made is not None and not made.is_floating_point():
        return CAUSES["int"]
    return CAUSES.get(name, f"stops them in {name}")
