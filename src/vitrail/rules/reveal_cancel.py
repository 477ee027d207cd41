"""Reveal-cancel: DeepLIFT that looks at what raises a unit and at what lowers it one after the other.

Every tensor comes with two more of its shape, a positive and a negative part, whose sum is its change from the
reference. They are computed beside the network's own values, by autograd, and the way back goes through them; what each
operation makes of them is in `parts.py`. The multipliers of the input share out f(x) - f(r) without a rest.
"""

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import BadInput, NoRule
from vitrail.model.ops import Handler, plain_name, tensors_in
from vitrail.model.survey import Survey
from vitrail.rules.asked import Asked
from vitrail.rules.call import carriers, refilled
from vitrail.rules.marks import Marks
from vitrail.rules.nodes import unseen
from vitrail.rules.parts import PARTS, Parts, Step, apart, split
from vitrail.rules.record import Record
from vitrail.rules.writing import write_back, written


class RevealCancel:
    """A way back: `model.under(RevealCancel(record)).gradient(x, target)` with Record(DEEPLIFT, everything=True)."""

    whole = True

    def __init__(self, record: Record) -> None:
        self.record = record

    def begin(self, survey: Survey) -> Handler:
        return Beside(self.record.rewound(), survey)

    def start(self, value: Tensor) -> Tensor:
        self.record.finish()
        return value


class Joined(torch.autograd.Function):
    """The network's own value; what goes back goes to both of its parts."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, up: Tensor, down: Tensor) -> Tensor:
        return unseen(value)

    @staticmethod
    def backward(ctx: Any, multiplier: Tensor) -> tuple[None, Tensor, Tensor]:
        return None, multiplier, multiplier


class Beside:
    """One pass of a network with the parts of its tensors beside them."""

    def __init__(self, record: Record, survey: Survey) -> None:
        self.record, self.survey = record, survey
        self.seen: Counter[str] = Counter()
        self.parts: Marks[Parts] = Marks(lasting=False)

    def __call__(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = plain_name(func)
        self.seen[name] += 1
        site, target = (name, self.seen[name]), written(func, args, kwargs)
        inputs = carriers(args, kwargs) if torch.is_grad_enabled() else []
        if not inputs:
            return func(*args, **kwargs)
        self.record.follow(site, (args, kwargs), (*inputs, target))
        return self._answer(Asked(func, site, args, kwargs, inputs, target, False))

    def _answer(self, asked: Asked) -> Any:
        with torch.no_grad():
            made = apart(asked, asked.args, asked.kwargs)
        outputs = [t for t in tensors_in(made) if t.is_floating_point()]
        before = self.record.at(asked.site, asked.inputs)
        if not outputs or before is None:
            return made
        self._check(asked, outputs[0])
        step = Step(asked, made, [self._of(t, r) for t, r in zip(asked.inputs, before[0], strict=True)], before)
        parts = list(PARTS[asked.key](step))
        given = [joined(value, *pair) for value, pair in zip(outputs, parts, strict=True)]
        returned = refilled(made, {id(t): i for i, t in enumerate(outputs)}, given)
        if asked.target is not None:
            given = [write_back(asked.target, given[0])]
            returned = asked.target
        for tensor, pair in zip(given, parts, strict=True):
            self.parts.put(tensor, pair)
        return returned

    def _of(self, tensor: Tensor, reference: Tensor) -> Parts:
        """The parts of a tensor; those of the input are its change where that is of their sign."""
        known = self.parts.get(tensor)
        change = tensor - reference
        return split((change, torch.zeros_like(change)), change.detach()) if known is None else known

    def _check(self, asked: Asked, made: Tensor) -> None:
        place = self.survey.places.get(asked.site, "") or "the network itself"
        if made.dtype in (torch.float16, torch.bfloat16):
            raise BadInput(
                f"{asked.name} in {place} computes in {str(made.dtype).removeprefix('torch.')}, and DeepLIFT divides "
                "by differences of what it gives. Numbers of 32 or 64 bits were expected. Open the network in single "
                "precision: vitrail.open(network.float())."
            )
        if asked.key not in PARTS:
            raise NoRule(
                f"reveal-cancel has no rule for {asked.key}, used in {place}. It has rules for weights, sums, "
                "averages, functions of one number and the largest. Use rule='rescale', which has one for that.",
                operation=asked.key,
                place=place,
                site=f"{asked.site[0]}#{asked.site[1]}",
            )


def joined(value: Tensor, up: Tensor, down: Tensor) -> Tensor:
    return Joined.apply(value, up, down)  # type: ignore[no-any-return, no-untyped-call]
