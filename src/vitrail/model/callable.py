"""Any function from arrays to arrays. It gives no gradients and has no layers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.model.network import After, declared_axes


class CallableNetwork:
    """A function: numpy arrays (or tensors) (batch, ...) -> array (batch, ...)."""

    framework = "callable"
    differentiable = False
    watchable = False
    regresses = False
    classes: tuple[str, ...] = ()
    dtype = None
    device = torch.device("cpu")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = getattr(function, "__qualname__", type(function).__name__)
        self._reads: Callable[[Any], Any] | None = None  # how to hand x over, known once it has worked

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Numpy arrays go in; where the function can only take tensors, it gets those."""
        kinds = [self._reads] if self._reads else [_array, _tensor]
        failed: Exception | None = None
        for kind in kinds:
            try:
                answer = self.function(*map(kind, args), **{name: kind(value) for name, value in kwargs.items()})
            except Exception as error:
                failed = failed or error
                continue
            self._reads = kind
            return _as_tensors(answer)
        assert failed is not None
        raise failed

    def parts(self) -> Mapping[str, Any]:
        return {}

    def tap(self, part: Any, before: Any, after: After | None) -> Callable[[], None]:
        raise AssertionError("a function has no parts to tap")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        yield

    def tensors(self) -> tuple[Tensor, ...]:
        return ()

    def weights(self) -> Mapping[str, Tensor]:
        return {}

    def channel_axis(self, part: Any, ndim: int) -> int | None:
        return None

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        """A picture's channels are where there are 1, 3 or 4 of them; first, if both ends could be."""
        last = len(shape) == 4 and shape[1] not in (1, 3, 4) and shape[3] in (1, 3, 4)
        return declared_axes(shape, channels_last=last or len(shape) == 3)

    def input_shape(self) -> None:
        return None

    def rank(self) -> None:
        return None

    def hidden_head(self, output: str | int | None = None) -> str:
        return ""

    def embedding(self) -> None:
        return None


def _array(value: Any) -> Any:
    """A copy: a function may write into what it is given."""
    return value.detach().numpy().copy() if isinstance(value, Tensor) else value


def _tensor(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _as_tensors(answer: Any) -> Any:
    """Arrays, tables and lists of numbers as tensors; several outputs each on its own."""
    if isinstance(answer, Mapping):
        return {name: _as_tensors(part) for name, part in answer.items()}
    if isinstance(answer, tuple):
        return tuple(map(_as_tensors, answer))
    if answer is None or isinstance(answer, Tensor | str):
        return answer.detach() if isinstance(answer, Tensor) else answer
    array = np.array(answer)
    return torch.as_tensor(array) if array.dtype.kind in "biuf" else answer
