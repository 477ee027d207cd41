"""The same network, faster: channels-last, batch norm folded into the convolution before it, padding too.

The user's network is not touched: a plan is a set of handlers for single operations, applied while the network
runs. A plan is only used after its gradient on the first rows agreed with the plain one (see `handle.py`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import NetworkFailed
from vitrail.model.ops import Handler, Site
from vitrail.model.survey import Call

CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
DEFAULTS = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
NORM = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")


@dataclass(frozen=True, eq=False)
class Fold:
    """One convolution with what is folded into it: a batch norm after it, a zero padding before it."""

    convolution: Call
    norm: Call | None
    padding: Call | None

    def weights(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of the convolution that does the work of both."""
        conv = convolution_arguments(self.convolution)
        weight, bias = conv["weight"].detach(), conv["bias"]
        if self.norm is None:
            return weight, bias
        norm = dict(zip(NORM, self.norm.args, strict=False)) | self.norm.kwargs
        scale = torch.rsqrt(norm["running_var"] + norm.get("eps", 1e-5))
        scale = scale if norm.get("weight") is None else scale * norm["weight"].detach()
        shift = -norm["running_mean"] * scale
        shift = shift if norm.get("bias") is None else shift + norm["bias"].detach()
        shift = shift if bias is None else shift + bias.detach() * scale
        return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), shift


def convolution_arguments(call: Call) -> dict[str, Any]:
    return DEFAULTS | dict(zip(CONVOLUTION, call.args, strict=False)) | call.kwargs


def find(calls: Sequence[Call]) -> list[Fold]:
    """The foldings that a survey shows: each tensor between the folded operations has one reader only."""
    readers = Counter(id(t) for call in calls for t in call.inputs)
    maker = {id(call.result): call for call in calls if isinstance(call.result, Tensor)}
    norm_of = {
        id(call.inputs[0]): call
        for call in calls
        if call.func is F.batch_norm and readers[id(call.inputs[0])] == 1 and counted(call)
    }
    found = []
    for call in calls:
        if call.site[0] != "conv2d" or not isinstance(convolution_arguments(call)["weight"], torch.nn.Parameter):
            continue
        before = maker.get(id(call.inputs[0]))
        padding = before if before and readers[id(before.result)] == 1 and foldable(before, call) else None
        found.append(Fold(*map(_without_tensors, (call, norm_of.get(id(call.result)), padding))))
    return found


def counted(norm: Call) -> bool:
    """Whether a batch norm uses the means that it has counted, not those of the batch."""
    return (dict(zip(NORM, norm.args, strict=False)) | norm.kwargs).get("running_var") is not None


def _without_tensors(call: Call | None) -> Any:
    """The call without the activations of the example it was seen on; weights stay."""
    return call and replace(call, args=(None, *call.args[1:]), result=None, inputs=[])


def foldable(padding: Call, convolution: Call) -> bool:
    """Whether a padding is zeros, the same on both sides, before a convolution that does not pad itself."""
    if padding.site[0] != "pad" or padding.kwargs.keys() - {"mode", "value"} or len(padding.args) < 2:
        return False
    pads, rest = tuple(padding.args[1]), padding.args[2:]
    mode = padding.kwargs.get("mode", rest[0] if rest else "constant")
    value = padding.kwargs.get("value", rest[1] if len(rest) > 1 else 0)
    symmetric = len(pads) == 4 and pads[0] == pads[1] >= 0 and pads[2] == pads[3] >= 0
    return (
        symmetric and mode == "constant" and not value and pair(convolution_arguments(convolution)["padding"]) == (0, 0)
    )


def pair(value: Any) -> tuple[Any, Any]:
    return tuple(value) if isinstance(value, list | tuple) else (value, value)


def handlers(folds: Sequence[Fold]) -> dict[Site, Handler]:
    """The plan with the weights as they are now."""
    plan: dict[Site, Handler] = {}
    for fold in folds:
        weight, bias = fold.weights()
        plan[fold.convolution.site] = _convolve(fold, weight.contiguous(memory_format=torch.channels_last), bias)
        for passed in (fold.norm, fold.padding):
            if passed is not None:
                plan[passed.site] = _pass
    return plan


def _pass(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else kwargs["input"]


def _convolve(fold: Fold, weight: Tensor, bias: Tensor | None) -> Handler:
    seen = convolution_arguments(fold.convolution)
    padding = (fold.padding.args[1][2], fold.padding.args[1][0]) if fold.padding else seen["padding"]

    def handler(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        now = DEFAULTS | dict(zip(CONVOLUTION, args, strict=False)) | kwargs
        if now["weight"] is not seen["weight"]:
            raise Departed(
                "the network took another path than on the first example. Nothing was folded. Use speed='plain'."
            )
        return F.conv2d(now["input"], weight, bias, seen["stride"], padding, seen["dilation"], seen["groups"])

    return handler


class Departed(NetworkFailed):
    """The operations came in another order than in the survey, so the plan does not apply."""
