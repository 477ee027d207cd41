"""Operations that are linear with a weight, and constants folded into them: bias, scale, batch norm.

Rules such as z+ change weights. They need the weight that the network effectively uses: a convolution with the batch
norm behind it is one linear operation, and so is a Keras layer that arrives as a product and a sum.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

Run = Callable[[Tensor, Tensor, Tensor | None], Tensor]  #: (x, weight, bias) -> y

CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
TRANSPOSED = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")


@dataclass(frozen=True, eq=False)
class Linear:
    """y = run(x, weight, bias).

    features     the axes of y along which the weight makes different numbers
    weight_axis  the axis of the weight that belongs to them; None where a scale cannot be folded into it
    scale        what y is multiplied by after `run` with the weight that the network holds; folded into `weight` here
    """

    run: Run
    weight: Tensor
    bias: Tensor | None
    features: tuple[int, ...]
    weight_axis: int | None
    scale: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        return self.run(x, self.weight, self.bias)

    def folded(self, scale: Tensor, shift: Tensor) -> "Linear | None":
        """The linear operation scale * y + shift, both along the features of y; None where that cannot be said."""
        bias = shift if self.bias is None else _along(self.bias, shift.shape) * scale + shift
        if bool((scale == 1).all()):
            return replace(self, bias=bias)
        if self.weight_axis is None:
            return None
        sizes = [1] * self.weight.ndim
        sizes[self.weight_axis] = -1
        whole = scale if self.scale is None else self.scale * scale
        return replace(self, weight=self.weight * scale.reshape(sizes), bias=bias, scale=whole)


def _along(bias: Tensor, shape: Sequence[int]) -> Tensor:
    return bias.reshape(shape) if bias.numel() == torch.Size(shape).numel() else bias


def linear_of(name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor) -> Linear | None:
    """The linear view of an operation on x; None where its weight is not known."""
    if name.startswith("conv"):
        return _convolution(name, func, args, kwargs, x)
    if name == "linear":
        given = dict(zip(("input", "weight", "bias"), args, strict=False)) | kwargs
        return Linear(func, given["weight"], given.get("bias"), (-1,), 0) if given["input"] is x else None
    if name in ("matmul", "mm", "bmm", "rmatmul") and len(args) == 2 and all(t.ndim > 1 for t in args):
        return _product(func, args, x)
    if name == "einsum" and isinstance(args[0], str):
        return _einsum(func, args, x)
    return None


def _convolution(name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor) -> Linear | None:
    transposed = "transpose" in name
    given = dict(zip(TRANSPOSED if transposed else CONVOLUTION, args, strict=False)) | kwargs
    rest = {key: value for key, value in given.items() if key not in ("input", "weight", "bias")}
    if given["input"] is not x:
        return None
    axis = 0 if not transposed else 1 if rest.get("groups", 1) == 1 else None

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        flat = None if bias is None else bias.reshape(-1)
        return func(some, weight, flat, **rest)  # type: ignore[no-any-return]

    return Linear(run, given["weight"], given.get("bias"), (1,), axis)


def _product(func: Any, args: tuple[Any, ...], x: Tensor) -> Linear:
    first = args[0] is x

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        made = func(some, weight) if first else func(weight, some)
        return made if bias is None else made + bias  # type: ignore[no-any-return]

    axis = -1 if first else -2
    return Linear(run, args[1] if first else args[0], None, (axis,), axis)


def _einsum(func: Any, args: tuple[Any, ...], x: Tensor) -> Linear | None:
    operands = list(args[1]) if len(args) == 2 and isinstance(args[1], list | tuple) else list(args[1:])
    if len(operands) != 2 or "->" not in args[0] or "." in args[0]:
        return None
    at = 0 if operands[0] is x else 1
    labels, out = args[0].replace(" ", "").split("->")
    own = labels.split(",")[at]

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        made = func(args[0], some, weight) if at == 0 else func(args[0], weight, some)
        return made if bias is None else made + bias  # type: ignore[no-any-return]

    return Linear(run, operands[1 - at], None, tuple(i for i, label in enumerate(out) if label not in own), None)


def probe(linear: Linear, output: Tensor) -> Tensor:
    """(1, ..., features, ..., 1) a stand-in for y: one number for every feature."""
    features = {axis % output.ndim for axis in linear.features}
    return torch.zeros([n if i in features else 1 for i, n in enumerate(output.shape)]).to(output)


def counted(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a batch norm uses the means that it has counted, not those of the batch."""
    given = inspect.signature(func).bind(*args, **kwargs).arguments
    return not given.get("training", False) and given.get("running_mean") is not None
