"""Putting a table under a running network: every operation passes here, and goes back as its entry says.

The table says what an operation sends back; this file only sees to it that it happens, with a TorchFunctionMode and
one autograd function. Values on the way forward are the network's own.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import BadInput, BadSetting, NoRule
from vitrail.model.network import first_tensor, with_first_tensor
from vitrail.model.ops import Handler, Site, Watch, plain_name, tensors_in
from vitrail.model.survey import Survey
from vitrail.rules.asked import Asked
from vitrail.rules.call import Call, carriers, refilled
from vitrail.rules.group import PERMUTING, Group, Tail, grouped
from vitrail.rules.hidden import hidden_in, see
from vitrail.rules.linear import linear_of
from vitrail.rules.marks import Marks
from vitrail.rules.nodes import Started, detached, kept, mapped, ruled
from vitrail.rules.operations import BILINEAR, CONVOLUTIONS, MOVING
from vitrail.rules.record import Record
from vitrail.rules.table import Constant, Rule, Steps, Table
from vitrail.rules.writing import write_back, written

HALF = (torch.float16, torch.bfloat16)
WEIGHTED = CONVOLUTIONS | BILINEAR - {"mul", "div"}
#: Before the first weight these only change the scale in which x is written; behind a linear operation they belong to
#: it.
RESCALING = frozenset(("shift", "scale", "batch_norm"))


class Applied:
    """A table as a way back: `model.under(Applied(table)).gradient(x, target)`.

    record  what the same operations read and gave at a reference; None where there is none
    """

    def __init__(self, table: Table, record: Record | None = None) -> None:
        self.table, self.record = table, record
        self.whole = record is not None

    def begin(self, survey: Survey) -> Handler:
        if self.record is None and self.table.says_nothing:
            return _asis
        return Interception(self.table, survey, self.record and self.record.rewound())

    def start(self, value: Tensor) -> Tensor:
        if self.record is not None:
            self.record.finish()
        hidden = "" if self.table.says_nothing else hidden_in(value)
        if hidden:
            raise out_of_sight(self.table, hidden, "the output", "")
        return Started.apply(value) if self.table.relevance else value  # type: ignore[no-untyped-call]


def _asis(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return func(*args, **kwargs)


class Interception:
    """One pass of a network under a table.

    seen      how often each operation ran
    weighted  tensors that have come through a weight
    tails     tensors that a linear operation made, constants behind it included
    known     tensors that an operation under the table made
    alive     storage -> calls that will need it on the way back
    """

    def __init__(self, table: Table, survey: Survey, record: Record | None) -> None:
        self.table, self.survey, self.record = table, survey, record
        self.seen: Counter[str] = Counter()
        self.weighted: Marks[bool] = Marks()
        self.known: Marks[bool] = Marks()
        self.tails: Marks[Tail] = Marks(lasting=False)
        self.alive: dict[int, list[weakref.ref[Any]]] = {}

    def __call__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = plain_name(func)
        self.seen[name] += 1
        site = (name, self.seen[name])
        target = written(func, args, kwargs)
        if target is not None:
            self._preserve(target)
        inputs = carriers(args, kwargs) if torch.is_grad_enabled() else []
        if not inputs:
            return func(*args, **kwargs)
        self._all_seen(inputs, site)
        if self.record is not None:
            self.record.follow(site, (args, kwargs), (*inputs, target))
        first = not any(self.weighted.get(t) for t in inputs)
        with kept():
            result = self._answer(Asked(func, site, args, kwargs, inputs, target, first))
        self._remember(result if target is None else (result, target), name in WEIGHTED or not first)
        return result

    def _remember(self, made: Any, weighted: bool) -> None:
        for tensor in tensors_in(made):
            self.known.put(tensor, True)
            see(tensor)
            if weighted:
                self.weighted.put(tensor, True)

    def _all_seen(self, inputs: Sequence[Tensor], site: Site) -> None:
        """Refuses what came from an operation that passed the table by."""
        for tensor in inputs:
            hidden = "" if self.known.get(tensor) else hidden_in(tensor)
            if hidden:
                raise out_of_sight(self.table, hidden, self._call_site(site), self._place(site))
            self.known.put(tensor, True)

    def _answer(self, asked: Asked) -> Any:
        """What the operation returns, with the way back that its entry asks for."""
        entry = self.table.entry(asked.key, asked.first)
        if isinstance(entry, Steps):
            with Watch({}, self):
                return entry.function(*asked.args, **asked.kwargs)
        if isinstance(entry, Constant):
            made = detached(asked.apart())
            return made if asked.target is None else write_back(asked.target, made)
        if entry is None and (asked.key in MOVING or self.table.otherwise == "gradient"):
            return self._moved(asked)
        rescales = asked.first and asked.key in RESCALING and asked.key not in self.table.first
        if rescales and self.table.relevance:
            return self._ruled(asked, _unchanged)
        found = self._grouped(asked)
        if found is not None:
            return found
        return self._refused(asked) if entry is None else self._ruled(asked, entry)

    def _moved(self, asked: Asked) -> Any:
        """Plain autograd; what comes out of a permutation still ends in the same linear operation."""
        tail = self.tails.get(asked.inputs[0]) if asked.name in PERMUTING else None
        tail = tail and tail.moved(asked.pure, asked.args, asked.kwargs, asked.inputs[0])
        if asked.target is not None and asked.target is asked.kwargs.get("out"):  # autograd takes no `out`
            return write_back(asked.target, asked.apart())
        result = asked.run()
        if tail is not None and isinstance(result, Tensor):
            self.tails.put(result, tail)
        return result

    def _ruled(self, asked: Asked, rule: Rule) -> Any:
        call = self._call(asked)
        if first_tensor(call.result) is None or not call.output.is_floating_point():
            return call.result
        self._check_precision(call)
        given = self._through(call, rule, call.output, asked.sources)
        returned = self._returned(asked, call.result, given)
        if call.linear is not None and self.table.groups:
            self.tails.put(given if asked.target is None else returned, Tail(call, asked.sources, call.linear, rule))
        return returned

    def _grouped(self, asked: Asked) -> Any:
        """The operation as a part of the linear one before it; None where it is not."""
        folds = asked.key in RESCALING and len(asked.inputs) == 1
        tail = self.tails.get(asked.inputs[0]) if folds else None
        tail = tail and tail.folded(asked.pure, asked.args, asked.kwargs, asked.inputs[0])
        if tail is None:
            return None
        with torch.no_grad():
            made = asked.apart()
        given = self._through(Group(tail, made), grouped(tail.rule), made, tail.sources)
        returned = self._returned(asked, made, given)
        self.tails.put(returned, tail)
        return returned

    def _through(self, call: Any, rule: Rule, output: Tensor, sources: Sequence[Tensor]) -> Tensor:
        """The output, with a way back through the rule."""
        for storage in call.storages():
            self.alive.setdefault(storage, []).append(weakref.ref(call))

        def back(relevance: Tensor) -> Sequence[Tensor]:
            return fitting(rule(call, call.inputs, relevance), call)

        return ruled(back, output, sources)

    def _returned(self, asked: Asked, result: Any, given: Tensor) -> Any:
        """The result with its first tensor under a rule; rules know of no other, so relevance to one is refused."""
        if asked.target is not None:
            return write_back(asked.target, given)
        rest = result if isinstance(result, Tensor) else mapped(result, self._refusing(asked))
        return with_first_tensor(rest, given)

    def _call(self, asked: Asked) -> Call:
        site = asked.site
        record = None if self.record is None else self.record.at(site, asked.inputs)
        args, kwargs = refilled((asked.args, asked.kwargs), asked.positions, asked.sources)
        call = Call(asked.key, self._place(site), asked.pure, args, kwargs, asked.sources, record)
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
                "Open the network in single precision, vitrail.open(network.float()), and without autocast inside."
            )

    def _refused(self, asked: Asked) -> Any:
        """Refuses once relevance reaches the operation, and not before: many never get any."""
        result = mapped(asked.apart(), self._refusing(asked))
        return result if asked.target is None else write_back(asked.target, result)

    def _refusing(self, asked: Asked) -> Callable[[Tensor], Tensor]:
        """What makes of a tensor one that hands no relevance on to what the operation read."""

        def refuse(relevance: Tensor) -> Sequence[Tensor]:
            if not bool(relevance.any()):
                return [torch.zeros_like(t) for t in asked.sources]
            raise self.table.refused(asked.key, self._place(asked.site), self._call_site(asked.site))

        def refusing(made: Tensor) -> Tensor:
            return ruled(refuse, made.detach().clone(), asked.sources) if made.requires_grad else made

        return refusing

    def _place(self, site: Site) -> str:
        return self.survey.places.get(site, "")

    def _call_site(self, site: Site) -> str:
        """The call as `model.layers` would name it."""
        place, (name, at) = self._place(site), site
        earlier = (p == place and other == name and n <= at for (other, n), p in self.survey.places.items())
        return f"{place}/{name}#{sum(earlier)}"


def fitting(relevances: Sequence[Tensor], call: Any) -> Sequence[Tensor]:
    """What a rule handed back, if it is one relevance for each input, shaped as that."""
    wanted = [tuple(t.shape) for t in call.inputs]
    listed = relevances if isinstance(relevances, list | tuple) else [relevances]
    found = [tuple(r.shape) if isinstance(r, Tensor) else type(r).__name__ for r in listed]
    if found != wanted or listed is not relevances:
        raise BadSetting(
            f"the rule for {call.name} in {call.place or 'the network itself'} returned {found}. "
            f"A list of one relevance for each input, of the same shape, was expected: {wanted}. Correct the rule."
        )
    return relevances


def out_of_sight(table: Table, node: str, site: str, place: str) -> NoRule:
    """The error for an operation that passed the table by."""
    return NoRule(
        f"{table.name} cannot see the operation that autograd calls {node}, whose result is read by {site}. "
        "TorchScript, a torch.autograd.Function and reentrant checkpoints run past it; plain operations of torch were "
        "expected. Write that part with them: the module before torch.jit.script, "
        "checkpoint(..., use_reentrant=False).",
        operation=node,
        place=place,
        site=site,
    )


def _unchanged(call: Call, inputs: Sequence[Tensor], relevance: Tensor) -> Sequence[Tensor]:
    """Relevance of a rescaled input is relevance of the input; what was broadcast is summed."""
    return [relevance.sum_to_size(inputs[0].shape)]
