"""LibraGrad: the gradient with every operation balanced, so that x times it adds up to what the operation gave.

An operation is balanced when y = sum_i x_i dy/dx_i + a part that no input carries. Affine operations and ReLU are.
Attention, norms, gates and products are not, and go back as the linear function that they are once their own
coefficients are held still:

    softmax of attention  a constant: the way back leads through the values only
    gate  y = x g(x)      y / x
    norm                  the spread is held still
    product, division     half to each factor; all to the numerator

[1] Mehri, Fayyaz, Baghshah, Pilehvar, "LibraGrad: Balancing Gradient Flow for Universally Better Vision Transformer
    Attributions", 2025
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vitrail.model import Model
from vitrail.rules.apply import Applied
from vitrail.rules.call import Call
from vitrail.rules.deeplift import FUSED
from vitrail.rules.normalising import LINEAR
from vitrail.rules.table import CONSTANT, Entry, Steps, Table

GATES = ("gelu", "silu", "mish", "hardswish")
SPREADS = ("rsqrt", "sqrt", "var", "std")
#: Attention that arrives as one call, in the steps that the rules are about.
ATTENTION: dict[str, Entry] = {name: Steps(function) for name, function in FUSED.items()}


def balanced(model: Model, wanted: bool = True) -> Model:
    """The same question under LibraGrad's way back, where that is wanted."""
    return model.under(Applied(LIBRA)) if wanted else model


def gate(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """y = x g(x) with g(x) held still. At 0 that is the gradient, since y' = g + x g'."""
    x = inputs[0].detach()
    held = relevance * call.output / torch.where(x == 0, 1.0, x)
    return [torch.where(x == 0, call.gradient(relevance)[0], held)]


def norm(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """The gradient of the norm with its spread held still."""
    return call.gradient_of(LINEAR[call.name], relevance)


def half(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """A product counts its value once for each factor: half of the gradient to each."""
    return call.gradient(relevance / 2)


def numerator(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """A division by an activation, which is held still; one of a constant keeps its gradient."""
    found = call.gradient(relevance)
    return found if len(inputs) == 1 else [found[0], torch.zeros_like(found[1])]


def attention_weights(
    input: Tensor, dim: int | None = None, *more: Any, dtype: torch.dtype | None = None, **named: Any
) -> Tensor:
    """Softmax: held still, but for that of a classifier, (batch, class), which the question may be about."""
    dtype = next(
        (given for given in more if isinstance(given, torch.dtype)), dtype
    )  # F.softmax has it at the fourth place
    dim = named.get("axis", -1) if dim is None else dim
    if input.ndim > 2:
        return torch.softmax(input.detach(), dim, dtype=dtype)
    x = input if dtype is None else input.to(dtype)
    return torch.exp(x - torch.logsumexp(x, dim, keepdim=True))


def gated_half(input: Tensor, dim: int = -1) -> Tensor:
    """glu: one half of the features, times gates made of the other, which are held still."""
    x, gates = input.chunk(2, dim)
    return x * torch.sigmoid(gates.detach())


LIBRA = Table(
    "LibraGrad",
    ATTENTION
    | dict.fromkeys(GATES, gate)
    | dict.fromkeys(LINEAR, norm)
    | dict.fromkeys(SPREADS, CONSTANT)
    | {"product": half, "quotient": numerator, "softmax": Steps(attention_weights), "glu": Steps(gated_half)},
    otherwise="gradient",
    relevance=False,
    groups=False,
    precise=False,
)
