"""Seeing operations while the user's own, unmodified network runs.

A `Watch` is a TorchFunctionMode: whatever class of layer, function or framework asks for an operation, it
passes here. An operation is known by its plain name and by which call of that name it is in the run: the
second `relu` is ("relu", 2).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, update_wrapper
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from vitrail.model.network import Network

Site = tuple[str, int]  #: an operation's plain name, and which call of that name, from 1
Handler = Callable[..., Any]  #: (func, args, kwargs) -> what the operation returns

SQUASHING = ("softmax", "sigmoid", "log_softmax")
#: Operations that only hand their first tensor on, in another shape or type.
CARRYING = set(
    "view reshape squeeze unsqueeze flatten contiguous clone to float double half bfloat16 type identity type_as "
    "alias _to_copy dropout positive".split()
)
#: Functional calls worth a name of their own.
NAMED = set(
    "relu relu6 leaky_relu prelu elu selu celu gelu silu mish hardtanh hardswish hardsigmoid softplus softsign tanh "
    "sigmoid softmax log_softmax logsigmoid glu clamp conv1d conv2d conv3d conv_transpose1d conv_transpose2d linear "
    "matmul bmm einsum layer_norm batch_norm group_norm instance_norm rms_norm max_pool1d max_pool2d max_pool3d "
    "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d interpolate pad "
    "scaled_dot_product_attention multi_head_attention_forward embedding add sub mul div cat stack mean amax "
    "dropout flatten".split()
)
DUNDER = {"__iadd__": "add", "__radd__": "add", "__isub__": "sub", "__imul__": "mul", "__rmul__": "mul"} | {
    "__itruediv__": "div",
    "__idiv__": "div",  # as torch itself calls it
    "__ipow__": "pow",
}
#: other words of torch for the same operation
ALIASES = {"truediv": "div", "true_divide": "div", "divide": "div", "subtract": "sub", "multiply": "mul"} | {
    "unsafe_view": "view",
    "absolute": "abs",
    "negative": "neg",
    "log_sigmoid": "logsigmoid",
    "_threshold": "threshold",
}


def plain_name(func: Callable[..., Any]) -> str:
    """'relu' for torch.relu, Tensor.relu_, F.relu and aten.relu.default alike."""
    name = getattr(func, "__name__", type(func).__name__).split(".")[0]
    name = DUNDER.get(name, name)
    name = name.strip("_") if name.startswith("__") else name.rstrip("_")
    return ALIASES.get(name, name)


class Watch(TorchFunctionMode):
    """Counts operations by name; those with a handler are answered by it.

    handlers   (name, call) -> handler for one call
    every      a handler for all calls; a handler for one call then gets, as its function, what `every` makes of it
    """

    def __init__(self, handlers: Mapping[Site, Handler], every: Handler | None = None) -> None:
        super().__init__()
        self.handlers = handlers
        self.names = {name for name, _ in handlers}
        self.every = every
        self.counts: Counter[str] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = plain_name(func)
        if self.every is None and name not in self.names:
            return func(*args, **kwargs)
        self.counts[name] += 1
        handler = self.handlers.get((name, self.counts[name]))
        if handler is None:
            return func(*args, **kwargs) if self.every is None else self.every(func, args, kwargs)
        return handler(func if self.every is None else answered_by(self.every, func), args, kwargs)


def answered_by(every: Handler, func: Callable[..., Any]) -> Callable[..., Any]:
    """A function under the name of `func` that answers as `every` does for it."""
    return update_wrapper(partial(lambda *args, **kwargs: every(func, args, kwargs)), func, updated=())


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Every tensor inside nested lists, tuples and dicts, in order."""
    found: list[Tensor] = []
    _collect(value, found)
    return iter(found)


def _collect(value: Any, found: list[Tensor]) -> None:
    """Not a generator: this runs several times for every operation of a network."""
    if isinstance(value, Tensor):
        found.append(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            if item is not None and item.__class__ is not int:
                _collect(item, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)


@contextmanager
def tapped(network: Network, taps: Mapping[str, tuple[Any, Any]]) -> Iterator[None]:
    """Taps on the named parts, for as long as the context lasts. taps: name -> (before, after)."""
    parts, removers = network.parts() if taps else {}, []
    try:
        for name, (before, after) in taps.items():
            removers.append(network.tap(parts[name], before, after))
        yield
    finally:
        for remove in reversed(removers):
            remove()
