"""A linear operation together with the constants behind it: bias, scale, batch norm, also through a permutation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from vitrail.rules.call import Call, refilled
from vitrail.rules.linear import Linear, probe

#: What may stand between a linear operation and its constants: axes change places, nothing else.
PERMUTING = frozenset(
    "permute transpose t movedim moveaxis swapaxes swapdims contiguous to float double type_as clone identity "
    "dropout T mT get".split()
)
Move = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Tail:
    """What is known of a tensor that a linear operation made, perhaps with constants and permutations behind it.

    call     the linear operation
    sources  what it read, as the network's graph holds it
    linear   the operation with the constants folded in
    moves    the permutations since then, in order
    rule     the rule of the linear operation
    """

    call: Call
    sources: Sequence[Tensor]
    linear: Linear
    rule: Any
    moves: tuple[Move, ...] = ()

    def moved(self, func: Any, args: Any, kwargs: Any, x: Tensor) -> "Tail":
        return replace(self, moves=(*self.moves, _again(func, args, kwargs, x)))

    def folded(self, func: Any, args: Any, kwargs: Any, x: Tensor) -> "Tail | None":
        """With an affine operation on x behind it; None where that mixes features or needs more than them.

        func  writes over nothing: it is tried on numbers that are not the network's
        """
        small = probe(self.linear, self.call.output)
        with torch.enable_grad():
            start = self.move(small).detach().requires_grad_()
            made = _again(func, args, kwargs, x)(start)
            if made.numel() != small.numel():
                return None
            (scale,) = torch.autograd.grad(made.sum(), start)
        linear = self.linear.folded(self.unmoved(scale, small), self.unmoved(made.detach(), small))
        return None if linear is None else replace(self, linear=linear)

    def move(self, y: Tensor) -> Tensor:
        for step in self.moves:
            y = step(y)
        return y

    def unmoved(self, value: Tensor, like: Tensor) -> Tensor:
        """From the layout behind the permutations to that of the linear operation, whose output is like `like`."""
        if not self.moves:
            return value
        with torch.enable_grad():
            y = like.detach().clone().requires_grad_()
            (back,) = torch.autograd.grad(self.move(y), y, value)
        return back


def _again(func: Any, args: Any, kwargs: Any, x: Tensor) -> Move:
    """The same operation on another tensor in the place of x; the constants stay."""
    paths = {id(x): 0}

    def again(other: Tensor) -> Tensor:
        now_args, now_kwargs = refilled((args, kwargs), paths, [other])
        return func(*now_args, **now_kwargs)  # type: ignore[no-any-return]

    return again


class Group:
    """A linear operation and its tail, with the face of a single call."""

    def __init__(self, tail: Tail, output: Tensor) -> None:
        self._tail, self._output = tail, output
        self.name, self.place = tail.call.name, tail.call.place
        self.linear: Linear = tail.linear
        self.record = None

    @property
    def inputs(self) -> list[Tensor]:
        return self._tail.call.inputs

    @property
    def output(self) -> Tensor:
        return self.back(self._output)

    def back(self, value: Tensor) -> Tensor:
        return self._tail.unmoved(value, self._tail.call.output)

    def __call__(self, x: Tensor) -> Tensor:
        return self.linear(x)

    def gradient(self, upstream: Tensor) -> list[Tensor]:
        scale = self.linear.scale
        return self._tail.call.gradient(upstream if scale is None else upstream * scale)

    def preserve(self) -> None:
        self._output = self._output.clone()

    def storages(self) -> set[int]:
        return {self._output.untyped_storage().data_ptr()}


def grouped(rule: Any) -> Any:
    """The rule of the linear operation, for relevance that arrives behind the permutations."""

    def back(group: Group, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
        return rule(group, inputs, group.back(relevance))  # type: ignore[no-any-return]

    return back
