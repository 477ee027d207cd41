"""Copies of the examples close to them, drawn once for all explanations, and what is said there."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vitrail.errors import BadInput, WrongLayer
from vitrail.methods.answer import Method
from vitrail.metrics.again import Same, answer, once
from vitrail.metrics.subject import Subject
from vitrail.model import Model

TOGETHER = 2**24  #: numbers of x in one question: answers of that size are held besides what the network needs
MOVING = (
    "Robustness moves every number of x a little, which means nothing for tokens, categories, or several inputs side "
    "by side. Leave robustness out for this model."
)


class Heard(NamedTuple):
    """What the network says at the copies.

    logits   (samples, batch, numbers) float64
    same     (samples, batch) bool: whether its class is that of the original
    layer    (samples, batch, numbers) float64: a layer, where one was asked for
    """

    logits: Tensor
    same: Tensor
    layer: Tensor | None


@dataclass(frozen=True)
class Near:
    """Which copies: every element of x moved by its own step, uniform in -radius..radius, in units of x.

    The steps of a draw are the same for all examples, so that an example gets the same score alone and in a batch.
    """

    radius: float
    samples: int
    seed: int

    def x(self, subject: Subject) -> Tensor:
        """(samples, batch, ...) the copies."""
        check_numeric(subject)
        return subject.once(("near", self), lambda: self._drawn(subject.x))

    def _drawn(self, x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        steps = torch.rand(self.samples, 1, *x.shape[1:], generator=generator, dtype=torch.float64)
        return x + (self.radius * (2 * steps - 1)).to(x)

    def parts(self, subject: Subject) -> list[Tensor]:
        """The copies, some draws in a row: (draws * batch, ...) each, as many as one question may hold."""
        draws = max(1, TOGETHER // max(subject.x.numel(), 1))
        return [part.flatten(0, 1) for part in torch.split(self.x(subject), draws)]

    def moved(self, subject: Subject) -> Tensor:
        """(samples, batch) how far the copies are, Euclidean, as the network reads them."""
        return length((self.x(subject).double() - subject.x.double()).flatten(2))

    def answers(self, subject: Subject, recipe: Method) -> Tensor:
        """(samples, batch, numbers) what a recipe says there, about the class that the originals were asked about."""
        model, target = subject.model, Same(subject.target, subject.model)

        def ask() -> Tensor:
            said = [answer(model, model.pack(part), recipe, target) for part in self.parts(subject)]
            return torch.cat(said).reshape(self.samples, len(subject.x), said[0].shape[1])

        return once(subject, recipe, self, ask)

    def heard(self, subject: Subject, layer: str | None = None) -> Heard:
        """What the network says there, at its end and in a layer."""
        return subject.once(("heard", self, layer), lambda: self._heard(subject, layer))

    def _heard(self, subject: Subject, layer: str | None) -> Heard:
        traces = [traced(subject.model, part, layer) for part in self.parts(subject)]
        shape = (self.samples, len(subject.x))
        logits, kept = (torch.cat(said).reshape(*shape, said[0].shape[1]) for said in zip(*traces, strict=True))
        return Heard(logits, logits.argmax(2) == subject.model.predicted(), kept if layer else None)


def traced(model: Model, x: Tensor, layer: str | None) -> tuple[Tensor, Tensor]:
    """(rows, numbers) float64 each: the logits at x, and a layer; without one, nothing in its place."""
    with model.asking(model.pack(x)) as bound, torch.no_grad():
        trace = bound.trace(bound.question.packed.x, (layer,) if layer else ())
    kept = trace.layers[layer] if layer else trace.logits[:, :0]
    if len(kept) != len(x):
        raise WrongLayer(
            f"layer {layer!r} gives {tuple(kept.shape)} for {len(x)} examples. One row for each example was expected. "
            "Choose a layer that keeps the batch axis."
        )
    return trace.logits.flatten(1).double(), kept.flatten(1).double()


def length(rows: Tensor) -> Tensor:
    """(...) the Euclidean length of rows (..., numbers), in float64."""
    return rows.double().square().sum(-1).sqrt()


def largest(values: Tensor, valid: Tensor) -> Tensor:
    """(batch,) the largest over the valid draws of (samples, batch); NaN where none is valid."""
    found = values.where(valid, -torch.inf).amax(0)
    return found.where(valid.any(0), torch.nan)


def check_numeric(subject: Subject, why: str = MOVING) -> None:
    """Raise BadInput for x that is no plain numbers: codes of categories, tokens, or several inputs at once."""
    packed = subject.model.question.packed
    if packed.held is not None or packed.groups is not None or packed.out_axes != {"values": packed.axes}:
        raise BadInput(f"x is not plain numbers: its answers have the axes {dict(packed.out_axes)}. {why}")
