"""Putting a table under a running network: every operation passes here, and goes back as its entry says.

The table says what an operation sends back; this file only sees to it that it happens, with a TorchFunctionMode and
one autograd function. Values on the way forward are the network's own.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.model.network import first_tensor, with_first_tensor
from vitrail.model.ops import Handler, Watch, plain_name, tensors_in
from vitrail.model.survey import Survey
from vitrail.rules.call import Call, carriers, refilled
from vitrail.rules.group import PERMUTING, Group, Tail, grouped
from vitrail.rules.linear import counted, linear_of
from vitrail.rules.operations import BILINEAR, CONVOLUTIONS, MOVING, meaning
from vitrail.rules.record import Record
from vitrail.rules.table import Constant, Rule, Steps, Table
from vitrail.rules.writing import out_of_place, write_back, written

T = TypeVar("T")
Back = Callable[[Tensor], Sequence[Tensor]]  #: relevance -> relevances
HALF = (torch.float16, torch.bfloat16)
WEIGHTED = CONVOLUTIONS | BILINEAR - {"mul", "div"}
#: Before the first weight these only change the scale in which x is written.
RESCALING = frozenset(("shift", "scale", "batch_norm"))
#: Behind a linear operation these belong to it.
FOLDED = RESCALING


class Applied:
    """A table as a way back: `model.under(Applied(table)).gradient(x, target)`.

    record  what the same operations read and gave at a reference; None where there is none
    """

    def __init__(self, table: Table, record: Record | None = None) -> None:
        self.table, self.record = table, record
        self.whole = record is not None

    def begin(self, survey: Survey) -> Handler:
        return Interception(self.table, survey, self.record)

    def start(self, value: Tensor) -> Tensor:
        return _Started.apply(value) if self.table.relevance else value  # type: ignore[no-untyped-call]


class _Started(torch.autograd.Function):
    """Relevance begins as value times gradient: what each number contributes to a target that is linear in them."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        ctx.save_for_backward(value)
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        value: Tensor = ctx.saved_tensors[0]
        return value * gradient


class _Ruled(torch.autograd.Function):
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


def unseen(tensor: Tensor) -> Tensor:
    """The same memory under another tensor that is no view: the network may write over it."""
    alias = tensor.detach().new_empty(0)
    alias.set_(tensor.untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride())
    return alias


class Marks(Generic[T]):
    """Something known of a tensor, for as long as it lives."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Tensor], T]] = {}

    def get(self, tensor: Tensor) -> T | None:
        known = self._known.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def put(self, tensor: Tensor, value: T) -> None:
        self._known[id(tensor)] = (weakref.ref(tensor), value)


class Interception:
    """One pass of a network under a table."""

    def __init__(self, table: Table, survey: Survey, record: Record | None) -> None:
        self.table, self.survey, self.record = table, survey, record
        self.seen: Counter[str] = Counter()
        self.weighted: Marks[bool] = Marks()  # tensors that have come through a weight
        self.tails: Marks[Tail] = Marks()  # tensors that a linear operation made, constants behind it included
        self.alive: dict[int, list[weakref.ref[Any]]] = {}  # storage -> calls that will need it on the way back

    def __call__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = plain_name(func)
        self.seen[name] += 1
        target = written(func, args, kwargs)
        if target is not None:
            self._preserve(target)
        inputs = carriers(args, kwargs) if torch.is_grad_enabled() else []
        if not inputs:
            return func(*args, **kwargs)
        first = not any(self.weighted.get(t) for t in inputs)
        result = self._answer(Asked(func, name, args, kwargs, inputs, target, first))
        if name in WEIGHTED or not first:
            for made in tensors_in(result):
                self.weighted.put(made, True)
        return result

    def _answer(self, asked: "Asked") -> Any:
        """What the operation returns, with the way back that its entry asks for."""
        entry = self.table.entry(asked.key, asked.first)
        if isinstance(entry, Steps):
            with Watch({}, self):
                return entry.function(*asked.args, **asked.kwargs)
        if isinstance(entry, Constant):
            return detached(asked.run())
        if entry is None and (asked.key in MOVING or self.table.otherwise == "gradient"):
            return self._moved(asked)
        if asked.first and asked.key in RESCALING and self.table.relevance:
            return self._ruled(asked, _unchanged)
        grouped = self._grouped(asked)
        if grouped is not None:
            return grouped
        return self._refused(asked) if entry is None else self._ruled(asked, entry)

    def _moved(self, asked: "Asked") -> Any:
        """Plain autograd; what comes out of a permutation still ends in the same linear operation."""
        tail = self.tails.get(asked.inputs[0]) if asked.name in PERMUTING else None
        tail = tail and tail.moved(asked.func, asked.args, asked.kwargs, asked.inputs[0])
        result = asked.run()
        if tail is not None and isinstance(result, Tensor):
            self.tails.put(result, tail)
        return result

    def _ruled(self, asked: "Asked", rule: Rule) -> Any:
        call = self._call(asked)
        if first_tensor(call.result) is None or not call.output.is_floating_point():
            return call.result
        self._check_precision(call)
        given = self._through(call, rule, call.output, asked.sources)
        if call.linear is not None and self.table.groups:
            self.tails.put(given, Tail(call, asked.sources, call.linear, rule))
        return self._returned(asked, call.result, given)

    def _grouped(self, asked: "Asked") -> Any:
        """The operation as a part of the linear one before it; None where it is not."""
        tail = self.tails.get(asked.inputs[0]) if asked.key in FOLDED and len(asked.inputs) == 1 else None
        if tail is None or (asked.key == "batch_norm" and not counted(asked.func, asked.args, asked.kwargs)):
            return None
        tail = tail.folded(asked.func, asked.args, asked.kwargs, asked.inputs[0])
        if tail is None:
            return None
        with torch.no_grad():
            made = asked.apart()
        given = self._through(Group(tail, made), grouped(tail.rule), made, tail.sources)
        self.tails.put(given, tail)
        returned = self._returned(asked, made, given)
        self.tails.put(returned, tail)
        return returned

    def _through(self, call: Any, rule: Rule, output: Tensor, sources: Sequence[Tensor]) -> Tensor:
        """The output, with a way back through the rule."""
        for storage in call.storages():
            self.alive.setdefault(storage, []).append(weakref.ref(call))

        def back(relevance: Tensor) -> Sequence[Tensor]:
            return rule(call, call.inputs, relevance)

        return _Ruled.apply(back, output, *sources)  # type: ignore[no-untyped-call]

    def _returned(self, asked: "Asked", result: Any, given: Tensor) -> Any:
        if asked.target is None:
            return with_first_tensor(result, given)
        return write_back(asked.target, given)

    def _call(self, asked: "Asked") -> Call:
        site = (asked.name, self.seen[asked.name])
        record = None if self.record is None else self.record.at(site, (asked.args, asked.kwargs), asked.inputs)
        args, kwargs = refilled((asked.args, asked.kwargs), asked.positions, asked.sources)
        func = asked.func if asked.target is None else out_of_place(asked.func)
        call = Call(asked.key, self.survey.places.get(site, ""), func, args, kwargs, asked.sources, record)
        if len(asked.inputs) == 1 and asked.key in WEIGHTED:
            call.linear = linear_of(asked.name, asked.func, args, kwargs, asked.sources[0])
        return call

    def _preserve(self, target: Tensor) -> None:
        """Calls that will need what is about to be written over make copies of it."""
        for known in self.alive.pop(target.untyped_storage().data_ptr(), ()):
            call = known()
            if call is not None:
                call.preserve()

    def _check_precision(self, call: Call) -> None:
        if self.table.precise and call.output.dtype in HALF:
            kind = str(call.output.dtype).removeprefix("torch.")
            raise BadInput(
                f"{call.name} in {call.place or 'the network itself'} computes in {kind}, and the rules of "
                f"{self.table.name} divide by what it gives. Numbers of 32 or 64 bits were expected. "
                "Open the network in single precision: vitrail.open(network.float())."
            )

    def _refused(self, asked: "Asked") -> Any:
        """Refuses once relevance reaches the operation, and not before: many never get any."""
        site, sources = (asked.name, self.seen[asked.name]), asked.sources
        place = self.survey.places.get(site, "")
        result = asked.run()
        made = first_tensor(result)
        if made is None or not made.requires_grad:
            return result

        def refuse(relevance: Tensor) -> Sequence[Tensor]:
            raise self.table.refused(asked.key, place, f"call {site[1]} of {site[0]}")

        given = _Ruled.apply(refuse, made.detach().clone(), *sources)  # type: ignore[no-untyped-call]
        return self._returned(asked, result, given)


class Asked:
    """One operation that the network asked for.

    target   the tensor that it writes over, if any
    first    whether x has come through no weight before it
    sources  what the way back leads to
    """

    def __init__(
        self, func: Any, name: str, args: Any, kwargs: Any, inputs: list[Tensor], target: Tensor | None, first: bool
    ) -> None:
        self.func, self.name, self.args, self.kwargs, self.inputs = func, name, args, kwargs, inputs
        self.target, self.first = target, first
        slots = [t for t in tensors_in((args, kwargs)) if t.requires_grad]
        lower = name == "div" and len(args) > 1 and isinstance(args[1], Tensor) and args[1].requires_grad
        self.key = meaning(name, len(slots), lower)

    @cached_property
    def sources(self) -> list[Tensor]:
        """In place, what was there before: a copy, since the tensor itself goes on with the result."""
        return [t.clone() if t is self.target else t for t in self.inputs]

    @property
    def positions(self) -> dict[int, int]:
        return {id(t): i for i, t in enumerate(self.inputs)}

    def run(self) -> Any:
        return self.func(*self.args, **self.kwargs)

    def apart(self) -> Tensor:
        """The result in a tensor of its own."""
        func = self.func if self.target is None else out_of_place(self.func)
        return func(*self.args, **self.kwargs)  # type: ignore[no-any-return]


def _unchanged(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """Relevance of a rescaled input is relevance of the input; what was broadcast is summed."""
    return [relevance.sum_to_size(inputs[0].shape)]


def detached(result: Any) -> Any:
    """The same result without its history."""
    if isinstance(result, Tensor):
        return result.detach()
    return type(result)(detached(item) for item in result) if isinstance(result, list | tuple) else result
