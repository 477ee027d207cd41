"""Guided backpropagation and deconvnet: what comes back to a rectifier is itself rectified.

[1] Springenberg, Dosovitskiy, Brox, Riedmiller, "Striving for Simplicity: The All Convolutional Net", 2014,
    section 3.4 (guided: both the input's and what comes back's sign count)
[2] Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2013, section 2.1 (deconvnet: only what
    comes back counts, whatever the input was)
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vitrail.rules.call import Call
from vitrail.rules.table import Entry, Table

#: They cut, or bend away, what is negative. tanh and sigmoid treat both signs alike, and are none.
RECTIFIERS = (
    "relu relu6 leaky_relu prelu rrelu elu selu celu gelu silu mish hardswish softplus threshold _threshold".split()
)
#: These are rectifiers where they cut at zero, and something else elsewhere; nn.ReLU6 is a hardtanh from 0 to 6.
CUTTING = "clamp clip clamp_min hardtanh maximum max".split()
Back = Callable[[Call, Tensor], Sequence[Tensor]]


def guided(met: set[str]) -> Table:
    """Guided backpropagation [1]. The rectifiers that the way back comes through are added to `met`."""
    return _table("guided backpropagation", lambda call, up: call.gradient(up.clamp(min=0)), met)


def deconvnet(met: set[str]) -> Table:
    """Deconvnet [2]. The rectifiers that the way back comes through are added to `met`."""
    return _table("deconvnet", lambda call, up: [up.clamp(min=0).sum_to_size(call.inputs[0].shape)], met)


def said(met: set[str]) -> str:
    """The rectifiers in words, for the checks."""
    return ", ".join(sorted(met)) or "none: this is the gradient"


def _table(name: str, back: Back, met: set[str]) -> Table:
    def rectifier(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
        met.add(call.name)
        return back(call, relevance)

    def cutting(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
        rule = rectifier if cuts_at_zero(call) else _plain
        return rule(call, inputs, relevance)

    rules: dict[str, Entry] = {**dict.fromkeys(RECTIFIERS, rectifier), **dict.fromkeys(CUTTING, cutting)}
    return Table(name, rules, otherwise="gradient", relevance=False, groups=False, precise=False)


def cuts_at_zero(call: Call) -> bool:
    """Whether an operation on one activation makes 0 of -1, and of 1 something positive: clamp(min=0), say."""
    if len(call.inputs) != 1 or call.output.shape != call.inputs[0].shape:
        return False
    one = torch.ones_like(call.inputs[0])
    return bool((call(-one) == 0).all() and (call(one) > 0).all())


def _plain(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    return call.gradient(relevance)
