"""A copy of a network that has learnt to do without a few of the players, whichever they are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vitrail.errors import BadInput, NetworkFailed
from vitrail.inputs.fills import Fill, Replace
from vitrail.inputs.players import Players
from vitrail.metrics.classes import class_logits
from vitrail.metrics.near import check_numeric
from vitrail.metrics.redrawn import copied, weights_of
from vitrail.metrics.subject import Subject
from vitrail.model import Model, Packed, Trace
from vitrail.target import Target

ROWS = 32  #: examples in one step
WHY = (
    "Fine-tuning takes parts of plain numbers away, which tokens, categories, or several inputs side by side are not. "
    "Leave F-Fidelity out for this model."
)


@dataclass(frozen=True, eq=False)
class Lessons:
    """What is learnt from: examples with their players and fill, and (n,) the class that the network says of each."""

    packed: Packed
    players: Players
    fill: Fill
    classes: Tensor


@dataclass(frozen=True)
class Practice:
    """How it is learnt.

    portion  the largest share of its players that an example is shown without
    steps    of Adam, with 32 examples each, drawn again and again
    rate     the learning rate
    seed     of the examples and players that are drawn
    """

    portion: float
    steps: int
    rate: float
    seed: int

    def drawn(self, counts: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """For each step (rows,) which examples and (rows, players) who is there; counts: players of each example."""
        generator = torch.Generator().manual_seed(self.seed)
        most, width = at_most(counts, self.portion), int(counts.max())
        for _ in range(self.steps):
            rows = torch.randint(len(counts), (ROWS,), generator=generator)
            # from none to the most: x itself and what lies between are met as well
            gone = (torch.rand(ROWS, generator=generator, dtype=torch.float64) * (most[rows] + 1)).long()
            chance = torch.rand(ROWS, width, generator=generator, dtype=torch.float64)
            chance = chance.where(torch.arange(width) < counts[rows, None], 2.0)  # who does not play comes last
            yield rows, chance.argsort(1).argsort(1) >= gone[:, None]


def at_most(counts: Tensor, portion: float) -> Tensor:
    """How many of so many players are taken away at most: a share, rounded down, one at least."""
    return (portion * counts).floor().clamp(min=1).long()


def finetuned(subject: Subject, data: Any, practice: Practice) -> Model:
    """A copy of the network, trained to say what the network says when players are taken away at random.

    data  (n, ...) examples to learn from, laid out as x; None: those of the subject

    Made once for a subject. No labels are needed: it learns the network's own classes. It runs as it does when it is
    asked: normalising layers keep their statistics, and nothing is dropped out. All its weights learn.

    Raises BadInput for networks that are no live torch modules or do not say classes, and for data that cannot have
    the subject's players; NetworkFailed where the loss is no number.
    """
    # the data stay in memory beside it, so that their id stays their own
    key = ("finetuned", id(data), practice)
    return subject.once(key, lambda: (data, _trained(subject, lessons(subject, data), practice)))[1]


def lessons(subject: Subject, data: Any) -> Lessons:
    """What there is to learn from."""
    check_numeric(subject, WHY)
    question = subject.model.question
    if data is None:
        return Lessons(question.packed, subject.players, subject.fill, class_logits(subject.model).argmax(1))
    packed = subject.model.pack(data)
    with subject.model.asking(packed, question) as bound:
        classes = class_logits(bound).argmax(1)
    return Lessons(packed, *_alike(subject, packed.x), classes)


def _alike(subject: Subject, x: Tensor) -> tuple[Players, Fill]:
    """The subject's players and fill for other examples. Raises BadInput where those depend on the example."""
    players, fill = subject.players, subject.fill
    same = isinstance(fill, Replace) and bool((fill.starts == fill.starts[:, :1]).all())
    if x.shape[1:] != subject.x.shape[1:] or players.shared is None or not same:
        raise BadInput(
            f"data of shape {tuple(x.shape)} cannot have players and a fill taken away from x of shape "
            f"{tuple(subject.x.shape)}. Examples of the same shape, players that are the same places in all of them "
            "(no superpixels) and a baseline that is the same for all were expected. Leave data out: then the "
            "examples that are compared are learnt from."
        )
    assert isinstance(fill, Replace)
    labels = players.labels[:1].expand(len(x), *players.labels.shape[1:])
    starts = fill.starts[:, :1].expand(len(fill.starts), *x.shape)
    return Players(labels, players.counts[:1] * len(x), players.axes, players.sizes), Replace(x, starts)


def _trained(subject: Subject, known: Lessons, practice: Practice) -> Model:
    model, device = copied(subject), known.classes.device
    weights = [weight for weight in weights_of(model) if weight.is_floating_point()]
    with model.asking(known.packed, subject.model.question) as bound, torch.enable_grad():
        for weight in weights:
            weight.requires_grad_()
        adam = torch.optim.Adam(weights, practice.rate)
        for rows, here in practice.drawn(torch.tensor(known.players.counts)):
            loss = _loss(bound, known, rows.to(device), here.to(device))
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    for weight in weights:
        weight.requires_grad_(False)
    return model


def _loss(bound: Model, known: Lessons, rows: Tensor, here: Tensor) -> Tensor:
    """The mean cross-entropy of the classes, with only some players there."""
    there = known.players.present(rows, here)
    points = known.fill(rows, torch.arange(len(rows), device=rows.device) % known.fill.count, there)
    # only x that asks for gradients has a graph built, and the weights are in it
    trace = bound.at(rows).trace(points.detach().requires_grad_())
    loss = F.cross_entropy(trace.logits, known.classes[rows])
    if not loss.isfinite():
        raise NetworkFailed(
            f"fine-tuning {bound.name} came to a loss of {loss.item()}. A finite number was expected. Choose a lower "
            "rate, or fewer steps."
        )
    return loss


@dataclass(frozen=True, eq=False)
class Says(Target):
    """Whether the network says these classes, one for each example: 1 or 0."""

    classes: Tensor

    def __call__(self, trace: Trace) -> Tensor:
        return (trace.logits.argmax(1) == self.classes[trace.rows]).to(trace.output)

    def as_json(self) -> dict[str, Any]:
        return {"target": "says", "classes": self.classes.tolist()}


def keeps(subject: Subject, model: Model, here: Tensor) -> Tensor:
    """(batch, n) float64 whether another network says the class that the network says of x, with only some there.

    here  (batch, n, players) bool; between 0 and 1 where several points stand for those who are absent
    """
    question, says = subject.model.question, Says(class_logits(subject.model).argmax(1))
    with model.asking(question.packed, question) as bound:
        return replace(subject, model=bound, target=says, memory={}).worth(here).double()
