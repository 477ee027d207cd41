"""What explanations are judged about: examples, their players and fill, and what is found out about them once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from vitrail.inputs.fills import Fill
from vitrail.inputs.players import Players
from vitrail.methods.answer import Method
from vitrail.model import Model, Sweep
from vitrail.target import Target

T = TypeVar("T")


@dataclass(eq=False)
class Subject:
    """Examples, and a question about them: shared by all explanations and metrics of one comparison.

    model    bound to the question
    x        (batch, ...) as the network reads it
    target   the question, about the same class wherever an input is changed
    players  what is taken away together
    fill     what stands in for what is taken away
    whole    (batch,) the target at x
    masks    (batch, players) bool: which players lie where the answer should be found, None where nobody said
    """

    model: Model
    x: Tensor
    target: Target
    players: Players
    fill: Fill
    whole: Tensor
    masks: Tensor | None = None
    memory: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """How many players the example with most of them has; those of others are the first ones."""
        return max(self.players.counts)

    @property
    def plays(self) -> Tensor:
        """(batch, players) bool: which players an example has."""
        counts = torch.tensor(self.players.counts, device=self.x.device)
        return torch.arange(self.most, device=self.x.device) < counts[:, None]

    def worth(self, here: Tensor) -> Tensor:
        """(batch, n) the target with only some players there: here (batch, n, players), bool or in part."""
        count = self.fill.count

        def point(rows: Tensor, k: Tensor) -> Tensor:
            there = self.players.present(rows, here[rows, k // count])
            return self.fill(rows, k % count, there)

        answers = self.model(Sweep(len(self.x), here.shape[1] * count, point), self.target)
        return answers.reshape(len(self.x), here.shape[1], count).mean(2)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made only the first time that somebody asks for this key."""
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Judged:
    """One explanation of the examples of a subject.

    values   (batch, ...) laid on x: every element has its share of what its place was given
    shares   (batch, players) what each player was given; 0 for players that an example does not have
    recipe   the method, for metrics that ask it again; None where only its answer is known
    """

    values: Tensor
    shares: Tensor
    recipe: Method | None = None


def judged(subject: Subject, values: Tensor, recipe: Method | None = None) -> Judged:
    """Values laid on x, added up by player."""
    labels = subject.players.labels.expand_as(subject.x).flatten(1)
    shares = values.new_zeros(len(values), subject.most + 1)
    shares.scatter_add_(1, labels.where(labels >= 0, subject.most), values.flatten(1))
    return Judged(values, shares[:, :-1], recipe)
