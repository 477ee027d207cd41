"""One operation as a rule sees it: what carries relevance into it, what came out, how to run it again."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from vitrail.model.network import first_tensor
from vitrail.model.ops import tensors_in
from vitrail.rules.linear import Linear


class Call:
    """One operation.

    name    what it is looked up under: "relu", "conv2d", "product", "shift" ...
    place   the module that it ran in
    inputs  the tensors that carry relevance: those that depend on x; weights and constants are part of the operation
    output  what came out, the first tensor of it
    linear  weight, bias and how to run it with others, for operations that are linear with a weight; else None
    record  what the same operation read and gave at the reference, where there is one: (inputs, output)
    """

    def __init__(
        self,
        name: str,
        place: str,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        inputs: Sequence[Tensor],
        record: tuple[list[Tensor], Tensor] | None = None,
    ) -> None:
        self.name, self.place, self.func = name, place, func
        self._args, self._kwargs = args, kwargs
        self._paths = {id(t): i for i, t in enumerate(inputs)}
        self.inputs = [t.detach().requires_grad_() for t in inputs]
        self.record = record
        self.linear: Linear | None = None
        with torch.enable_grad():
            self.result = self._run(self.inputs)
        self._made: Tensor | None = first_tensor(self.result)
        self.output: Tensor = torch.empty(0) if self._made is None else self._made.detach()

    def arguments(self, inputs: Sequence[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """(args, kwargs) of the operation on other inputs."""
        return refilled((self._args, self._kwargs), self._paths, inputs)  # type: ignore[no-any-return]

    def _run(self, inputs: Sequence[Tensor]) -> Any:
        args, kwargs = self.arguments(inputs)
        return self.func(*args, **kwargs)

    def __call__(self, *inputs: Tensor) -> Tensor:
        """The operation again, on other inputs."""
        made = first_tensor(self._run(inputs))
        assert made is not None
        return made

    def gradient(self, upstream: Tensor) -> list[Tensor]:
        """What plain backpropagation would hand to each input."""
        if self._made is None:  # somebody wrote over what was kept
            with torch.enable_grad():
                self._made = self(*self.inputs)
        known: Any = self._made
        found: list[Any] = [*torch.autograd.grad(known, self.inputs, upstream, retain_graph=True, allow_unused=True)]
        return [torch.zeros_like(t) if g is None else g for t, g in zip(self.inputs, found, strict=True)]

    def gradient_of(self, function: Callable[..., Any], upstream: Tensor) -> list[Tensor]:
        """The gradient of another function of the same arguments."""
        leaves = [t.detach().requires_grad_() for t in self.inputs]
        args, kwargs = refilled((self._args, self._kwargs), self._paths, leaves)
        with torch.enable_grad():
            made = first_tensor(function(*args, **kwargs))
        assert made is not None
        return list(torch.autograd.grad(made, leaves, upstream))

    def preserve(self) -> None:
        """Keep what was read and made: somebody is about to write over it."""
        self.inputs = [t.detach().clone().requires_grad_() for t in self.inputs]
        self.output = self.output.clone()
        self._made = None

    def storages(self) -> set[int]:
        return {t.untyped_storage().data_ptr() for t in (*self.inputs, self.output)}


def refilled(value: Any, paths: dict[int, int], inputs: Sequence[Tensor]) -> Any:
    """The same structure with the tensors named in `paths` (id -> position) replaced by `inputs`."""
    if isinstance(value, Tensor):
        return inputs[paths[id(value)]] if id(value) in paths else value
    if isinstance(value, dict):
        return {key: refilled(item, paths, inputs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [refilled(item, paths, inputs) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def carries(tensor: Tensor) -> bool:
    """Whether a tensor depends on x. Weights that the network's modules do not know of still ask for gradients."""
    return tensor.requires_grad and not isinstance(tensor, torch.nn.Parameter)


def carriers(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The distinct tensors among the arguments that depend on x."""
    return list({id(t): t for t in tensors_in((args, kwargs)) if carries(t)}.values())
