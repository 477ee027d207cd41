"""One operation that a network asked for, before it is known what goes back through it."""

from functools import cached_property
from typing import Any

from torch import Tensor

from vitrail.model.ops import tensors_in
from vitrail.rules.call import carries
from vitrail.rules.linear import counted
from vitrail.rules.operations import TOLD_APART, factors, meaning
from vitrail.rules.writing import out_of_place


class Asked:
    """One operation that the network asked for.

    site    its plain name, and which call of that name it is
    inputs  the distinct tensors that depend on x
    target  the tensor that it writes over, if any
    first   whether x has come through no weight before it
    key     what it is looked up under in a table
    """

    def __init__(
        self,
        func: Any,
        site: tuple[str, int],
        args: Any,
        kwargs: Any,
        inputs: list[Tensor],
        target: Tensor | None,
        first: bool,
    ) -> None:
        self.func, self.site, self.args, self.kwargs, self.inputs = func, site, args, kwargs, inputs
        self.target, self.first, self.name = target, first, site[0]
        self.key = self.name
        if self.name in TOLD_APART:
            slots = [t for t in tensors_in(factors(self.name, args, kwargs)) if carries(t)]
            lower = self.name == "div" and len(args) > 1 and isinstance(args[1], Tensor) and carries(args[1])
            self.key = meaning(self.name, len(slots), lower)
        if self.name == "batch_norm" and not counted(func, args, kwargs):
            self.key = "batch_statistics"

    @cached_property
    def sources(self) -> list[Tensor]:
        """What the way back leads to. In place, what was there before: a copy, since the tensor goes on as result."""
        return [t.clone() if t is self.target else t for t in self.inputs]

    @property
    def positions(self) -> dict[int, int]:
        return {id(t): i for i, t in enumerate(self.inputs)}

    @cached_property
    def pure(self) -> Any:
        """The function, writing over nothing."""
        return self.func if self.target is None else out_of_place(self.func)

    def run(self) -> Any:
        return self.func(*self.args, **self.kwargs)

    def apart(self) -> Any:
        """The result in a tensor of its own."""
        return self.pure(*self.args, **self.kwargs)
