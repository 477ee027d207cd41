"""Operations that are linear with a weight, and constants folded into them: bias, scale, batch norm.

Rules such as z+ change weights. They need the weight that the network effectively uses: a convolution with the batch
norm behind it is one linear operation, and so is a Keras layer that arrives as a product and a sum.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

Run = Callable[[Tensor, Tensor, Tensor | None], Tensor]  #: (x, weight, bias) -> y
Onto = Callable[[Tensor], Tensor]  #: one number for every feature of y -> the same, as the weight is to be multiplied

CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
TRANSPOSED = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
PRODUCTS = frozenset(("matmul", "mm", "bmm", "rmatmul"))


@dataclass(frozen=True, eq=False)
class Linear:
    """y = run(x, weight, bias).

    features  the axes of y along which the weight makes different numbers
    onto      how numbers for these features lie along the weight; None where a scale cannot be folded into it
    scale     what y is multiplied by after `run` with the weight that the network holds; folded into `weight` here
    """

    run: Run
    weight: Tensor
    bias: Tensor | None
    features: tuple[int, ...]
    onto: Onto | None
    scale: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        return self.run(x, self.weight, self.bias)

    def folded(self, scale: Tensor, shift: Tensor) -> "Linear | None":
        """The linear operation scale * y + shift, both along the features of y; None where that cannot be said."""
        bias = shift if self.bias is None else _along(self.bias, shift.shape) * scale + shift
        if bool((scale == 1).all()):
            return replace(self, bias=bias)
        if self.onto is None:
            return None
        whole = scale if self.scale is None else self.scale * scale
        return replace(self, weight=self.weight * self.onto(scale), bias=bias, scale=whole)


def _along(bias: Tensor, shape: Sequence[int]) -> Tensor:
    return bias.reshape(shape) if bias.numel() == torch.Size(shape).numel() else bias


def linear_of(name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor) -> Linear | None:
    """The linear view of an operation on x; None where its weight is not known."""
    if name.startswith("conv"):
        return _convolution(name, func, args, kwargs, x)
    if name == "linear":
        return _dense(func, args, kwargs, x)
    if name in PRODUCTS and len(args) == 2:
        return _product(name, func, args, x)
    if name in ("addmm", "baddbmm") and len(args) == 3 and args[1] is x and not kwargs:
        return Linear(_multiply, args[2], args[0], (-1,), _last_but(0))
    if name == "einsum" and isinstance(args[0], str):
        return _einsum(func, args, x)
    return None


def _last_but(axes: int) -> Onto:
    """The features lie along the axis before the last so many."""
    return lambda scale: scale.reshape(-1, *[1] * axes)


def _plus(made: Tensor, bias: Tensor | None) -> Tensor:
    return made if bias is None else made + bias


def _multiply(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return _plus(torch.matmul(x, weight), bias)


def _dense(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor) -> Linear | None:
    given = dict(zip(("input", "weight", "bias"), args, strict=False)) | kwargs
    weight = given["weight"]

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return func(some, weight, None if bias is None else bias.reshape(-1))  # type: ignore[no-any-return]

    return Linear(run, weight, given.get("bias"), (-1,), _last_but(weight.ndim - 1)) if given["input"] is x else None


def _convolution(name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], x: Tensor) -> Linear | None:
    transposed = "transpose" in name
    given = dict(zip(TRANSPOSED if transposed else CONVOLUTION, args, strict=False)) | kwargs
    rest = {key: value for key, value in given.items() if key not in ("input", "weight", "bias")}
    weight = given["weight"]
    if given["input"] is not x:
        return None

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        flat = None if bias is None else bias.reshape(-1)
        return func(some, weight, flat, **rest)  # type: ignore[no-any-return]

    onto = _in_groups(weight, rest.get("groups", 1)) if transposed else _last_but(weight.ndim - 1)
    return Linear(run, weight, given.get("bias"), (1,), onto)


def _in_groups(weight: Tensor, groups: int) -> Onto:
    """A transposed convolution has its weight as (channel in, channel out of its group, ...)."""
    entering, out = weight.shape[:2]

    def onto(scale: Tensor) -> Tensor:
        each = scale.reshape(groups, 1, out).expand(groups, entering // groups, out)
        return each.reshape(entering, out, *[1] * (weight.ndim - 2))

    return onto


def _product(name: str, func: Any, args: tuple[Any, ...], x: Tensor) -> Linear | None:
    """X @ weight or weight @ x; `rmatmul` has its arguments the other way round."""
    first = args[0] is x
    weight = args[1] if first else args[0]
    left = first != (name == "rmatmul")  # whether x stands on the left
    if x.ndim < 2 or not (weight.ndim > 1 or left):
        return None

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _plus(func(some, weight) if first else func(weight, some), bias)

    if weight.ndim == 1:
        return Linear(run, weight, None, (), _last_but(0))
    return Linear(run, weight, None, (-1,) if left else (-2,), _last_but(0 if left else 1))


def _einsum(func: Any, args: tuple[Any, ...], x: Tensor) -> Linear | None:
    operands = list(args[1]) if len(args) == 2 and isinstance(args[1], list | tuple) else list(args[1:])
    if len(operands) != 2 or "->" not in args[0]:
        return None
    at = 0 if operands[0] is x else 1
    labels, out = _spelled(args[0].replace(" ", ""), operands)
    own, other = labels[at], labels[1 - at]
    if "." in out:
        return None

    def run(some: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _plus(func(args[0], some, weight) if at == 0 else func(args[0], weight, some), bias)

    def onto(scale: Tensor) -> Tensor:
        made = [label for label in out if label not in own]
        lying = scale.reshape([operands[1 - at].shape[other.index(label)] for label in made])
        order = [made.index(label) for label in other if label in made]
        return lying.permute(order).reshape([n if label in made else 1 for label, n in zip(other, sizes, strict=True)])

    sizes = operands[1 - at].shape
    return Linear(run, operands[1 - at], None, tuple(i for i, label in enumerate(out) if label not in own), onto)


def _spelled(equation: str, operands: Sequence[Tensor]) -> tuple[list[str], str]:
    """The labels of both operands and of the result, dots written out where only one operand has them."""
    labels, out = equation.split("->")
    both = labels.split(",")
    if labels.count("...") == 1:
        at = 0 if "." in both[0] else 1
        count = operands[at].ndim - len(both[at]) + 3
        letters = "".join(chr(ord("α") + i) for i in range(count))  # nobody may use these in an equation
        return [each.replace("...", letters) for each in both], out.replace("...", letters)
    return both, out


def probe(linear: Linear, output: Tensor) -> Tensor:
    """(1, ..., features, ..., 1) a stand-in for y: one number for every feature."""
    features = {axis % output.ndim for axis in linear.features}
    return torch.zeros([n if i in features else 1 for i, n in enumerate(output.shape)]).to(output)


signature = cache(inspect.signature)  #: of a function, which is slow to find out


def counted(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a batch norm uses the means that it has counted, not those of the batch."""
    if func is torch.batch_norm:  # without a signature; weight and bias come before the means there
        return not args[5] and args[3] is not None
    given = signature(func).bind(*args, **kwargs).arguments
    return not given.get("training", False) and given.get("running_mean") is not None
