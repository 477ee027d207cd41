"""Tables: what goes back through which operation. A table is data; `apply.py` puts it under a running network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from torch import Tensor

from vitrail.errors import BadSetting, NoRule, first, near
from vitrail.model.ops import plain_name
from vitrail.rules.call import Call
from vitrail.rules.operations import KNOWN, READING, exists

Rule = Callable[[Call, Sequence[Tensor], Tensor], Sequence[Tensor]]  #: (call, inputs, relevance) -> relevances


@dataclass(frozen=True)
class Constant:
    """The operation's result counts as a constant: nothing goes back through it."""


@dataclass(frozen=True)
class Steps:
    """The operation is run in smaller ones, each under the table: `function` has the operation's own signature."""

    function: Callable[..., Any]


CONSTANT = Constant()
Entry = Rule | Constant | Steps
Entries = Mapping[Any, Entry]  #: a plain name ("relu") or a function (torch.relu, F.relu, torch.Tensor.relu) -> entry


@dataclass(frozen=True)
class Table:
    """What goes back through each operation.

    name       for messages
    rules      plain name -> rule; see `rules/operations.py` for names such as "product", "shift", "scale"
    first      rules for the operations with weights that x reaches before any other with weights
    otherwise  "gradient": operations without a rule send back their gradient; "refuse": they are refused
    relevance  what goes back starts as the target's value, shared over what it reads; else as 1
    groups     constants behind a linear operation (bias, scale, batch norm) count as part of it
    precise    the rules divide, and need more than half precision
    advice     what to use instead, said when an operation is refused
    """

    name: str
    rules: Mapping[str, Entry] = field(default_factory=dict)
    first: Mapping[str, Entry] = field(default_factory=dict)
    otherwise: Literal["gradient", "refuse"] = "refuse"
    relevance: bool = True
    groups: bool = True
    precise: bool = True
    advice: str = ""

    def __post_init__(self) -> None:
        for where in ("rules", "first"):
            object.__setattr__(self, where, MappingProxyType(named(getattr(self, where))))

    def __or__(self, more: Entries) -> "Table":
        """The same table with some entries more, or others.

        Raises BadSetting for an operation that does not exist.
        """
        return replace(self, rules={**self.rules, **named(more)})

    def as_json(self) -> dict[str, object]:
        """What is written down of a table: its name and its operations; rules are functions."""
        return {"table": self.name, "operations": sorted(self.rules)}

    @property
    def says_nothing(self) -> bool:
        """Whether every operation goes back by its gradient."""
        return self.otherwise == "gradient" and not self.rules and not self.first

    def entry(self, name: str, first: bool) -> Entry | None:
        return self.first.get(name, self.rules.get(name)) if first else self.rules.get(name)

    def refused(self, name: str, place: str, site: str) -> NoRule:
        """The error for an operation that has no rule. site: the call, as `model.layers` writes it."""
        what = f"{name} ({READING[name]})" if name in READING else name
        advice = f"{self.advice} Or add" if self.advice else "Add"
        return NoRule(
            f"{self.name} has no rule for {what}, used in {place or 'the network itself'} ({site}). It has rules for "
            f"{len(self.rules)} operations: {first(sorted(self.rules), 12)}. "
            f"{advice} one: rules | {{{name!r}: vitrail.rules.through}}.",
            operation=name,
            place=place,
            site=site,
        )


def named(entries: Entries) -> dict[str, Entry]:
    """The entries by plain names."""
    return {_name(key): entry for key, entry in entries.items()}


def _name(key: Any) -> str:
    if isinstance(key, type):
        raise BadSetting(
            f"{key.__name__} is a class of layers. Rules are kept by operation, whatever layer asks for it. "
            f"Say the operation: {{{key.__name__.lower()!r}: rule}}, or the function, such as torch.relu."
        )
    name = key if isinstance(key, str) or not callable(key) else plain_name(key)
    if not exists(str(name)):
        raise BadSetting(
            f"there is no operation {name!r}. {near(str(name), KNOWN)}Plain names of torch's operations were expected "
            f"('relu', 'conv2d', 'matmul'), and {', '.join(sorted(READING))}. Correct the name.",
            operation=name,
        )
    return str(name)
