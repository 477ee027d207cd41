"""One forward and one way back: to the input, to one layer, or to several layers at once."""

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitrail.model.diagnose import unreachable
from vitrail.model.trace import Trace

if TYPE_CHECKING:
    from vitrail.model.handle import Model
    from vitrail.model.question import Asks


def started(model: "Model", trace: Trace) -> Trace:
    """The trace as the target reads it: a way back of one's own begins at what it reads."""
    way = model._way
    if way is None:
        return trace
    logits = way.start(trace.logits)
    output = logits if trace.output is trace.logits else way.start(trace.output)
    layers = {name: way.start(value) for name, value in trace.layers.items()}
    return replace(trace, output=output, logits=logits, layers=layers)


def at_input_or_layer(model: "Model", x: Tensor, target: "Asks", layer: str | None) -> tuple[Tensor, ...]:
    """(gradient at x,); for a layer (its output, gradient there), and the way back stops at it."""
    leaf = x.requires_grad_(layer is None)
    with torch.enable_grad():
        trace, at = model._run(leaf, target.layers, {}, layer)
        score = target(started(model, trace))
    source = leaf if layer is None else at
    gradient = None
    if score.requires_grad:
        (gradient,) = torch.autograd.grad(score.sum(), source, allow_unused=True)
    if gradient is None:
        raise unreachable(model, x, layer)
    model.question.spend(backwards=len(x))
    return (gradient,) if layer is None else (source.detach(), gradient)


def at_layers(model: "Model", x: Tensor, target: "Asks", layers: tuple[str, ...]) -> list[tuple[Tensor, Tensor]]:
    """(output, gradient) at each layer; zeros where the target does not depend on it."""
    with torch.enable_grad():
        trace, _ = model._run(x.requires_grad_(), (*layers, *target.layers), {}, None)
        score = target(started(model, trace))
    values = [trace.layers[name] for name in layers]
    reached = [value for value in values if value.requires_grad and score.requires_grad]
    found = torch.autograd.grad(score.sum(), reached, allow_unused=True) if reached else ()
    if all(gradient is None for gradient in found):
        raise unreachable(model, x, layers[0])
    model.question.spend(backwards=len(x))
    by_id = {id(value): gradient for value, gradient in zip(reached, found, strict=True)}
    gradients = [by_id.get(id(value)) for value in values]
    return [(v.detach(), torch.zeros_like(v) if g is None else g) for v, g in zip(values, gradients, strict=True)]


def at_last(model: "Model", x: Tensor, target: "Asks", layers: tuple[str, ...]) -> tuple[Tensor, ...]:
    """(the gradient at the last of the layers, the output of each); the way back stops at the last."""
    with torch.enable_grad():
        trace, at = model._run(x, (*layers, *target.layers), {}, layers[-1])
        score = target(started(model, trace))
    gradient = None
    if score.requires_grad:
        (gradient,) = torch.autograd.grad(score.sum(), at, allow_unused=True)
    if gradient is None:
        raise unreachable(model, x, layers[-1])
    model.question.spend(backwards=len(x))
    return (gradient, *(trace.layers[name].detach() for name in layers))
