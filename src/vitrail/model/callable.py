"""Any function from arrays to arrays. It gives no gradients and has no layers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.model.network import After, declared_axes


class CallableNetwork:
    """A function: numpy array (batch, ...) -> array (batch, ...)."""

    framework = "callable"
    differentiable = False
    watchable = False
    classes: tuple[str, ...] = ()
    dtype = None
    device = torch.device("cpu")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = getattr(function, "__qualname__", type(function).__name__)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        arrays = [a.detach().numpy() if isinstance(a, Tensor) else a for a in args]
        answer = self.function(*arrays, **kwargs)
        return torch.as_tensor(np.array(answer)) if isinstance(answer, np.ndarray) else answer

    def parts(self) -> Mapping[str, Any]:
        return {}

    def tap(self, part: Any, before: Any, after: After | None) -> Callable[[], None]:
        raise AssertionError("a function has no parts to tap")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        yield

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

    def embedding(self) -> None:
        return None
