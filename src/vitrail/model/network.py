"""What the handle needs from a framework. Each framework's file gives one final class with these members."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor

After = Callable[[Any], Any]  #: gets what a part returned, gives what the network goes on with


class Network(Protocol):
    """A network of some framework, never rewritten.

    name            the class name, for messages
    framework       "torch", "keras", "huggingface", "torchscript", "xgboost", "lightgbm", "scikit-learn", "callable"
    differentiable  whether gradients flow through `run`
    watchable       whether single operations can be seen while it runs
    classes         the names of the classes, when the network knows them
    regresses       whether the output is numbers, and no chances of classes
    dtype           the floating type that it computes with; None when it has none of its own
    """

    name: str
    framework: str
    differentiable: bool
    watchable: bool
    classes: tuple[str, ...]
    regresses: bool

    @property
    def dtype(self) -> torch.dtype | None: ...
    @property
    def device(self) -> torch.device: ...

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """What the network itself returns, whatever that is."""
        ...

    def parts(self) -> Mapping[str, Any]:
        """Every module by name, the network itself left out."""
        ...

    def tap(self, part: Any, before: Callable[[], None] | None, after: After | None) -> Callable[[], None]:
        """Call `before` and `after` around each run of a part; returns what takes them off again."""
        ...

    def quiet(self) -> AbstractContextManager[None]:
        """Inference mode, no parameter asking for gradients; all as found on the way out."""
        ...

    def tensors(self) -> Iterable[Tensor]:
        """The same as `weights`, without names: quick to walk."""
        ...

    def weights(self) -> Mapping[str, Tensor]:
        """Everything learnt or counted, for the hash in the provenance."""
        ...

    def channel_axis(self, part: Any, ndim: int) -> int | None:
        """Where a part says its channels are; None when it does not say."""
        ...

    def axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        """The names of the axes of an input of this shape."""
        ...

    def input_shape(self) -> tuple[int | None, ...] | None:
        """The declared shape of the input without the batch axis; None when it is not declared."""
        ...

    def rank(self) -> int | None:
        """How many axes an input has, the batch among them; None when the network does not say."""
        ...

    def hidden_head(self, output: str | int | None = None) -> str:
        """The name of a final softmax or sigmoid that cannot be stepped over; "" where there is none."""
        ...

    def embedding(self) -> Any | None:
        """The part that turns token ids into vectors, if there is one."""
        ...


def first_tensor(value: Any) -> Tensor | None:
    """The first tensor inside whatever a layer returned."""
    if isinstance(value, Tensor):
        return value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return next((t for t in map(first_tensor, inner) if t is not None), None)


def with_first_tensor(value: Any, new: Tensor) -> Any:
    """The same structure with its first tensor replaced."""
    if isinstance(value, Tensor):
        return new
    if isinstance(value, Mapping):
        key = next(k for k, v in value.items() if first_tensor(v) is not None)
        changed = dict(value) | {key: with_first_tensor(value[key], new)}
        return changed if type(value) is dict else type(value)(**changed)
    at = next(i for i, v in enumerate(value) if first_tensor(v) is not None)
    items = [with_first_tensor(v, new) if i == at else v for i, v in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def declared_axes(shape: tuple[int, ...], channels_last: bool) -> tuple[str, ...]:
    """Axis names by rank and by the framework's convention for channels."""
    if len(shape) == 4:
        places = ("height", "width")
        return ("batch", *places, "channel") if channels_last else ("batch", "channel", *places)
    if len(shape) == 3:
        return ("batch", "step", "feature") if channels_last else ("batch", "channel", "step")
    return ("batch", "feature", "feature", "feature", "feature")[: len(shape)]


def first_line(error: BaseException) -> str:
    """What an error says, on one line; its type where it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
