"""Rosenblatt's perceptron step by step: every update is kept, to be read.

The recipe `perceptron` learns the same by scikit-learn, as fast as it goes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vitrail.errors import BadInput, BadSetting
from vitrail.explanation import Array

Step = Literal["heaviside", "sign"]
#: name -> what is answered to a sum, and the two answers that targets can be
STEPS: dict[str, tuple[Callable[[float], float], tuple[int, int]]] = {
    "heaviside": (lambda z: float(z >= 0), (0, 1)),
    "sign": (lambda z: float(np.sign(z)), (-1, 1)),
}


@dataclass(frozen=True)
class Update:
    """One wrong answer, and what was learnt from it.

    epoch    from 1
    example  which, from 0
    x        (inputs,) its numbers
    target   what was to be answered
    answer   what was answered
    before   (1 + inputs,) bias and weights
    after    the same, learnt
    """

    epoch: int
    example: int
    x: Array
    target: float
    answer: float
    before: Array
    after: Array


@dataclass(frozen=True)
class Lesson:
    """How a perceptron learnt.

    weights   (1 + inputs,) bias and weights at the end
    updates   all that happened, in order
    mistakes  in each epoch
    learnt    whether an epoch went by without a mistake
    cycle     (epoch, epoch) that began with the very same weights, so that it would go on for ever; None: none was seen
    step      "heaviside" or "sign"
    """

    weights: Array
    updates: Sequence[Update]
    mistakes: Sequence[int]
    learnt: bool
    cycle: tuple[int, int] | None
    step: Step

    def __call__(self, x: Any) -> Array:
        """(n,) answers to (n, inputs)."""
        answer = STEPS[self.step][0]
        return np.array([answer(z) for z in with_bias(x) @ self.weights])

    def __str__(self) -> str:
        rows = [
            f"{u.epoch:5}  {u.example:7}  {u.target:6g}  {u.answer:6g}  {numbers(u.before)} -> {numbers(u.after)}"
            for u in self.updates
        ]
        ends = "learnt" if self.learnt else "not learnt"
        again = f"; epoch {self.cycle[1]} began as epoch {self.cycle[0]} did: for ever" if self.cycle else ""
        head = "epoch  example  target  answer  bias and weights"
        return "\n".join([head, *rows, f"{ends}, {len(rows)} updates{again}"])


def perceptron(
    x: Any, y: Any, *, step: Step = "heaviside", rate: float = 1.0, epochs: int = 100, start: Any = None
) -> Lesson:
    """A perceptron that is shown the examples in their order, over and over, until it is right about all   [1].

        answer = step(b + w x);   where it is wrong: (b, w) += rate * t * (1, x),   t = 1 for the second class, else -1

    x      (n, inputs)
    y      (n,) targets: 0 or 1 with "heaviside", -1 or 1 with "sign"
    step   "heaviside": 1 for sums from 0 on, else 0; "sign": -1, 0 or 1, and 0 is always wrong
    rate   from weights of 0 it changes their size alone, and no answer
    epochs at most
    start  (1 + inputs,) bias and weights at the start; None for 0

    It ends when all are right; when an epoch begins with weights that an earlier one began with, since the same must
    follow for ever; or after `epochs`. Raises BadInput for targets that are none, BadSetting for another step.

    [1] Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958
    """
    examples, targets = refused(x, y, step)
    w = np.zeros(examples.shape[1]) if start is None else np.asarray(start, np.float64)
    updates: list[Update] = []
    mistakes: list[int] = []
    seen: dict[bytes, int] = {}
    for epoch in range(1, epochs + 1):
        earlier = seen.setdefault((w + 0.0).tobytes(), epoch)  # + 0.0, for -0.0 is the same weight
        if earlier < epoch:
            return Lesson(w, updates, mistakes, False, (earlier, epoch), step)
        wrong = shown(examples, targets, w, step, rate, epoch)
        updates += wrong
        mistakes.append(len(wrong))
        if not wrong:
            return Lesson(w, updates, mistakes, True, None, step)
        w = wrong[-1].after
    return Lesson(w, updates, mistakes, False, None, step)


def shown(examples: Array, targets: Array, w: Array, step: Step, rate: float, epoch: int) -> list[Update]:
    """What happens when every example is shown once; w (1 + inputs,) at its start."""
    answer, (_, on) = STEPS[step]
    updates = []
    for i, (x, target) in enumerate(zip(examples, targets, strict=True)):
        said = answer(float(w @ x))
        if said != target:
            after = w + rate * (1 if target == on else -1) * x
            updates.append(Update(epoch, i, x[1:], float(target), said, w, after))
            w = after
    return updates


def with_bias(x: Any) -> Array:
    """(n, 1 + inputs): a one before the inputs, which the bias is the weight of."""
    x = np.asarray(x, np.float64)
    return np.concatenate([np.ones((len(x), 1)), x], 1)


def refused(x: Any, y: Any, step: str) -> tuple[Array, Array]:
    """The examples with a one before them, and the targets; raises for what a perceptron cannot be shown."""
    if step not in STEPS:
        raise BadSetting(f"step={step!r} is none. One of {', '.join(STEPS)} was expected. Choose one.", setting="step")
    examples, targets = with_bias(x), np.asarray(y)
    answers = STEPS[step][1]
    if targets.shape != (len(examples),) or not np.isin(targets, answers).all():
        raise BadInput(
            f"the targets are {np.unique(targets).tolist()[:5]} of shape {targets.shape}. {answers[0]} or {answers[1]} "
            f"for each of the {len(examples)} examples was expected with step={step!r}. Turn them into these."
        )
    return examples, targets


def numbers(w: Array) -> str:
    return "(" + " ".join(f"{value:g}" for value in w) + ")"
