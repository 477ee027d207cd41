"""What operations read and gave at a reference, for rules that compare with it."""

from collections import Counter
from typing import Any

from torch import Tensor

from vitrail.model.fast import Departed
from vitrail.model.network import first_tensor
from vitrail.model.ops import Handler, Site, Watch, plain_name, tensors_in
from vitrail.model.survey import Survey
from vitrail.rules.table import Steps, Table
from vitrail.rules.writing import written


class Record:
    """One pass at the reference: `model.under(record).trace(reference)`, then `Applied(table, record)` at x.

    The operations are found again by their place in the order of the run, so the reference may have any layout, and
    only its forward pass is paid for.
    """

    whole = True

    def __init__(self, table: Table) -> None:
        self.table = table
        self.seen: Counter[str] = Counter()
        self.kept: dict[Site, tuple[list[Tensor], Tensor]] = {}

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
        entry = self.table.rules.get(name)
        if isinstance(entry, Steps):
            with Watch({}, self):
                return entry.function(*args, **kwargs)
        overwritten = written(func, args, kwargs)
        if overwritten is not None:
            self._preserve(overwritten)
        inputs = [t.detach() for t in tensors_in((args, kwargs))]
        if overwritten is not None:
            inputs = [t.clone() for t in inputs]
        result = func(*args, **kwargs)
        made = first_tensor(result)
        if made is not None and made.is_floating_point() and self.wanted(name):
            self.kept[site] = (inputs, made.detach())
        return result

    def wanted(self, name: str) -> bool:
        """Whether a rule may ask for this operation."""
        special = {"add": "shift", "sub": "shift", "mul": "product", "div": "quotient", "matmul": "product"}
        special |= dict.fromkeys(("bmm", "mm", "einsum", "linear", "baddbmm"), "product")
        found = {self.table.rules.get(name), self.table.rules.get(special.get(name, name))}
        return any(callable(entry) and getattr(entry, "compares", False) for entry in found)

    def _preserve(self, target: Tensor) -> None:
        """Copies of what is about to be written over."""
        storage = target.untyped_storage().data_ptr()

        def safe(t: Tensor) -> Tensor:
            return t.clone() if t.untyped_storage().data_ptr() == storage else t

        for site, (inputs, made) in self.kept.items():
            self.kept[site] = ([safe(t) for t in inputs], safe(made))

    def at(self, site: Site, args: Any, carrying: list[Tensor]) -> tuple[list[Tensor], Tensor] | None:
        """(inputs, output) at the reference, of the inputs that carry; None where no rule compares."""
        if site not in self.kept:
            return None
        inputs, made = self.kept[site]
        paired = dict(zip(map(id, tensors_in(args)), inputs, strict=True))
        chosen = [paired[id(t)] for t in carrying]
        if any(a.shape != b.shape for a, b in zip(carrying, chosen, strict=True)):
            raise Departed(
                f"the network took another path at the reference: {site[0]} number {site[1]} read "
                f"{tuple(chosen[0].shape)} there, and {tuple(carrying[0].shape)} at x. "
                "The same path was expected. Choose a baseline of the same kind as x."
            )
        return chosen, made
