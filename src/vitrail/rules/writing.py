"""Operations in place: which tensor they write over, the same operation out of place, and writing the result back."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from torch import Tensor

IN_PLACE = frozenset(
    "__iadd__ __isub__ __imul__ __itruediv__ __idiv__ __ifloordiv__ __imod__ __ipow__ __iand__ __ior__ "
    "__setitem__".split()
)


def written(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The tensor that an operation writes over; None if it makes a new one."""
    if isinstance(kwargs.get("out"), Tensor):
        return kwargs["out"]  # type: ignore[no-any-return]
    name = getattr(func, "__name__", "")
    in_place = name in IN_PLACE or (name.endswith("_") and not name.startswith("__")) or _told(func, args, kwargs)
    if not in_place:
        return None
    target = args[0] if args else next(iter(kwargs.values()), None)
    return target if isinstance(target, Tensor) else None


def _told(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether an argument `inplace` says so."""
    at = _position(func)
    return bool(kwargs.get("inplace", len(args) > at >= 0 and args[at]))


@cache
def _position(func: Callable[..., Any]) -> int:
    try:
        names = list(inspect.signature(func).parameters)
    except (TypeError, ValueError):  # most of torch's own functions have no signature
        return -1
    return names.index("inplace") if "inplace" in names else -1


def out_of_place(func: Callable[..., Any]) -> Callable[..., Any]:
    """The same operation on a copy of what it writes over, or without `out`."""

    def apart(*args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("out"), Tensor):
            return func(*args, **{name: value for name, value in kwargs.items() if name != "out"})
        if args:
            return func(args[0].clone(), *args[1:], **kwargs)
        name = next(iter(kwargs))
        return func(**{**kwargs, name: kwargs[name].clone()})

    return apart


def write_back(target: Tensor, value: Tensor) -> Tensor:
    """Put `value` where the operation in place would have, for everyone who holds the tensor."""
    if not target._is_view():
        target.detach_()  # its history is in `value`: without this, zeros would go back a second way
    return target.copy_(value)
