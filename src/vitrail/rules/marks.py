"""What is known of tensors while a network runs, for as long as they live."""

import weakref
from typing import Generic, TypeVar

from torch import Tensor

T = TypeVar("T")


class Marks(Generic[T]):
    """Something known of a tensor.

    lasting  whether it stays true when somebody writes over the tensor
    """

    def __init__(self, lasting: bool = True) -> None:
        self.lasting = lasting
        self._known: dict[int, tuple[weakref.ref[Tensor], int, T]] = {}

    def get(self, tensor: Tensor) -> T | None:
        mark, version, value = self._known.get(id(tensor), (None, 0, None))
        if mark is None or mark() is not tensor:  # the number may belong to another tensor by now
            return None
        return value if self.lasting or tensor._version == version else None

    def put(self, tensor: Tensor, value: T) -> None:
        self._known[id(tensor)] = (weakref.ref(tensor), tensor._version, value)
