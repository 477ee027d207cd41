"""The autograd functions that carry a way back of one's own: where it begins, and where a rule stands."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

Back = Callable[[Tensor], Sequence[Tensor]]  #: relevance -> relevances


class Started(torch.autograd.Function):
    """Relevance begins as value times gradient: what each number contributes to a target that is linear in them."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        ctx.save_for_backward(value)
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        value: Tensor = ctx.saved_tensors[0]
        return value * gradient


class Ruled(torch.autograd.Function):
    """Gives what was computed already; goes back by a rule."""

    @staticmethod
    def forward(ctx: Any, back: Back, output: Tensor, *inputs: Tensor) -> Tensor:
        ctx.back = back
        return unseen(output)

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor | None, ...]:
        with torch.enable_grad():
            relevances = ctx.back(relevance)
        return (None, None, *(r.detach() for r in relevances))


def ruled(back: Back, output: Tensor, sources: Sequence[Tensor]) -> Tensor:
    """The output, with a way back to the sources."""
    return Ruled.apply(back, output, *sources)  # type: ignore[no-any-return, no-untyped-call]


def kept() -> AbstractContextManager[Any]:
    """What autograd saves stays as it is, where a checkpoint would drop it and compute it again.

    It would compute it without the table, and find other things than were saved.
    """
    if torch._C._autograd._top_saved_tensors_default_hooks(True) is None:
        return nullcontext()
    return torch.autograd.graph.saved_tensors_hooks(_same, _same)


def _same(value: Any) -> Any:
    return value


def unseen(tensor: Tensor) -> Tensor:
    """The same memory under another tensor that is no view: the network may write over it."""
    alias = tensor.detach().new_empty(0)
    alias.set_(tensor.untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride())
    return alias


def detached(result: Any) -> Any:
    """The same result without its history."""
    return mapped(result, Tensor.detach)


def mapped(result: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same structure with every tensor changed."""
    if isinstance(result, Tensor):
        return change(result)
    if not isinstance(result, list | tuple):
        return result
    items = [mapped(item, change) for item in result]
    return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
