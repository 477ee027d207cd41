"""What operations read and gave at a reference, for rules that compare with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from vitrail.model import Model
from vitrail.model.fast import Departed
from vitrail.model.network import first_tensor
from vitrail.model.ops import Handler, Site, Watch, plain_name
from vitrail.model.survey import Survey
from vitrail.rules.asked import Asked
from vitrail.rules.call import Call, carriers
from vitrail.rules.table import Steps, Table
from vitrail.rules.writing import written

Pair = tuple[list[Tensor], Tensor]  #: (inputs, output)


def linear(call: Call, inputs: Sequence[Tensor], multiplier: Tensor) -> Sequence[Tensor]:
    """The plain gradient, for what is linear in what it reads. It compares nothing, so nothing is kept for it."""
    return call.gradient(multiplier)


class Kept(NamedTuple):
    """One operation at the reference.

    order  how many operations came before it
    fixed  what it was given that does not depend on the input: masks, positions, constants, weights
    pair   (inputs, output), where a rule compares with them
    """

    order: int
    fixed: list[Any]
    pair: Pair | None


class Record:
    """One pass at the reference: `Record(table).of(model, reference)`, then `Applied(table, record)` at x.

    The operations are found again by their place in the order of the run, so the reference may have any layout, and
    only its forward pass is paid for. A network that takes another path at x, or reads other masks or positions
    there, is refused: no rule for a single operation can make up for that.

    everything  what all operations read is kept, and none is run in smaller steps
    """

    whole = True

    def __init__(self, table: Table, everything: bool = False) -> None:
        self.table, self.everything = table, everything
        self.seen: Counter[str] = Counter()
        self.kept: dict[Site, Kept] = {}
        self.followed = 0

    def of(self, model: Model, reference: Tensor, keep: Sequence[str] = ()) -> "Record":
        """The same record, of one pass at the reference, whose trace it has afterwards."""
        with torch.enable_grad():  # what depends on the input is what asks for gradients; no graph of numbers is kept
            self.trace = model.under(self).trace(reference.detach().requires_grad_(), keep)
        return self

    def begin(self, survey: Survey) -> Handler:
        self.seen.clear()
        self.kept.clear()
        return self

    def start(self, value: Tensor) -> Tensor:
        return value

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
        asked = Asked(func, site, args, kwargs, inputs, target, False)
        entry = self.table.entry(asked.key, False)
        fixed = list(constants((args, kwargs), [*inputs, target]))
        self.kept[site] = Kept(len(self.kept), fixed, None)
        if isinstance(entry, Steps) and not self.everything:
            with Watch({}, self):
                return entry.function(*args, **kwargs)
        return self._ran(asked, self.everything or (callable(entry) and entry is not linear))

    def _ran(self, asked: Asked, compared: bool) -> Any:
        """What the operation returns; what it read is kept where a rule compares with it."""
        kept = self.kept[asked.site]
        inputs = [t.detach() for t in asked.sources] if compared else []
        with saved_tensors_hooks(_nothing, _never):
            result = asked.run()
        made = asked.target if result is None else first_tensor(result)  # x[places] = y returns nothing
        if compared and made is not None and made.requires_grad:
            self.kept[asked.site] = kept._replace(pair=(inputs, made.detach()))
        return result

    def _preserve(self, target: Tensor) -> None:
        """Copies of what is about to be written over."""
        storage = target.untyped_storage().data_ptr()

        def safe(value: Any) -> Any:
            shares = isinstance(value, Tensor) and value.untyped_storage().data_ptr() == storage
            return value.detach().clone() if shares else value

        for site, (order, fixed, pair) in self.kept.items():
            pair = pair and ([safe(t) for t in pair[0]], safe(pair[1]))
            self.kept[site] = Kept(order, [safe(value) for value in fixed], pair)

    # -- at x ------------------------------------------------------------------------------------------

    def rewound(self) -> "Record":
        """The same record, about to be followed by a pass at x."""
        self.followed = 0
        return self

    def follow(self, site: Site, args: Any, besides: Sequence[Tensor | None]) -> None:
        """Refuses an operation that did not come next at the reference, or that was given other constants there.

        besides: tensors among its arguments that are no constants, for it reads or overwrites them.
        """
        kept = self.kept.get(site)
        if kept is None or kept.order != self.followed:
            raise departed(f"{site[0]} number {site[1]} was not its operation number {self.followed + 1} there")
        self.followed += 1
        fixed = list(constants(args, besides))
        if len(fixed) != len(kept.fixed) or not all(map(same, fixed, kept.fixed)):
            raise departed(f"{site[0]} number {site[1]} is given other constants, masks or positions there than at x")

    def finish(self) -> None:
        """Refuses a pass at x that ended before the one at the reference did."""
        if self.followed < len(self.kept):
            raise departed(f"it took {len(self.kept)} steps there, and {self.followed} at x")

    def at(self, site: Site, carrying: Sequence[Tensor]) -> Pair | None:
        """(inputs, output) at the reference; None where no rule compares. Inputs in the order of those at x."""
        pair = self.kept[site].pair
        if pair is not None and [t.shape for t in pair[0]] != [t.shape for t in carrying]:
            shapes = [[tuple(t.shape) for t in read] for read in (pair[0], carrying)]
            raise departed(f"{site[0]} number {site[1]} read {shapes[0]} there, and {shapes[1]} at x")
        return pair


def constants(args: Any, besides: Sequence[Tensor | None]) -> Iterator[Any]:
    """Tensors and numbers among the arguments, but for these tensors."""
    if isinstance(args, Tensor):
        if not any(args is t for t in besides):
            yield args.detach()
    elif isinstance(args, int | float):
        yield args
    elif isinstance(args, slice):
        yield from constants((args.start, args.stop, args.step), besides)
    elif isinstance(args, dict | list | tuple):
        for item in args.values() if isinstance(args, dict) else args:
            yield from constants(item, besides)


def same(one: Any, other: Any) -> bool:
    """Whether two constants are the same; two views of the same memory are not read."""
    if not (isinstance(one, Tensor) and isinstance(other, Tensor)):
        return type(one) is type(other) and (one == other or one != one and other != other)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    in_one_place = one.data_ptr() == other.data_ptr() and one.stride() == other.stride()
    return in_one_place or torch.equal(one, other)


def departed(how: str) -> Departed:
    return Departed(
        f"the network takes another path at the reference: {how}. The same operations on the same constants were "
        "expected, since they are compared one by one. Choose a baseline of the same kind as x, or a method without "
        "comparisons, such as 'integrated-gradients'."
    )


def _nothing(tensor: Tensor) -> None:
    """What is kept of a tensor for a way back that nobody takes."""


def _never(nothing: None) -> Tensor:
    raise AssertionError("there is no way back from the reference")
