"""The questions. A Target reads one number per example off a Trace; targets add, subtract and scale."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadTarget, near
from vitrail.inputs.classes import class_index, indices, not_a_target, whole
from vitrail.model import Trace

Of = Literal["logit", "probability", "output"]


class Target(ABC):
    """A question: (trace) -> (batch,), one number for each row of the trace.

    `layers` names the layers that the question reads; `as_json` is what is written into the provenance.
    """

    @property
    def layers(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def __call__(self, trace: Trace) -> Tensor: ...

    @abstractmethod
    def as_json(self) -> dict[str, Any]: ...

    def check(self, examples: int) -> None:  # noqa: B027  most targets fit any number of examples
        """Raises BadTarget when the question cannot be asked of so many examples."""

    def __add__(self, other: "Target") -> "Target":
        return Total(((1.0, self), (1.0, other)))

    def __radd__(self, other: Literal[0]) -> "Target":  # sum() starts with 0
        return Total(((1.0, self),))

    def __sub__(self, other: "Target") -> "Target":
        return Total(((1.0, self), (-1.0, other)))

    def __mul__(self, factor: float) -> "Target":
        return Total(((float(factor), self),))

    __rmul__ = __mul__

    def __neg__(self) -> "Target":
        return Total(((-1.0, self),))


@dataclass(frozen=True)
class Output(Target):
    """One unit of the output.

    index   an int; a tuple of ints for one place of a larger output (class, row, column);
            a list or array of ints, one for each example
    of      "logit": before a final softmax or sigmoid; "probability": after it (a softmax, or a sigmoid for a
            single unit, is applied where the network has none); "output": whatever the network returns
    """

    index: int | tuple[int, ...] | Sequence[int] = 0
    of: Of = "logit"

    def __post_init__(self) -> None:
        _check_of(self.of)
        object.__setattr__(self, "index", whole(self.index))

    def __call__(self, trace: Trace) -> Tensor:
        scores = self._scores(trace)
        if isinstance(self.index, int):
            return _unit(scores, (self.index,))
        if isinstance(self.index, tuple):
            return _unit(scores, self.index)
        chosen = torch.as_tensor(self.index, device=scores.device)[trace.rows]
        return _classes(scores).gather(1, _in_range(chosen, scores)[:, None])[:, 0]

    def _scores(self, trace: Trace) -> Tensor:
        if self.of == "logit":
            return trace.visible_logits()
        return trace.output if self.of == "output" else probabilities(trace.logits, trace.output)

    def check(self, examples: int) -> None:
        if isinstance(self.index, list) and len(self.index) != examples:
            raise BadTarget(
                f"{len(self.index)} target{'s' * (len(self.index) != 1)} for {examples} example"
                f"{'s' * (examples != 1)}. One for each example was expected, or a single one for all. "
                "Make them as many as x."
            )

    def as_json(self) -> dict[str, Any]:
        index = list(self.index) if isinstance(self.index, tuple) else self.index
        return {"target": "output", "index": index, "of": self.of}


@dataclass(frozen=True)
class Predicted(Target):
    """The class that the network says for x itself, example by example; it stays the same along a sweep."""

    of: Of = "logit"

    def __post_init__(self) -> None:
        _check_of(self.of)

    def __call__(self, trace: Trace) -> Tensor:
        assert trace.predicted is not None
        return Output(trace.predicted().tolist(), self.of)(trace)

    def as_json(self) -> dict[str, Any]:
        return {"target": "predicted", "of": self.of}


@dataclass(frozen=True)
class Unit(Target):
    """The mean activation of channel `index` of a layer, over all its places."""

    layer: str
    index: int

    def __post_init__(self) -> None:
        index = whole(self.index)
        if not isinstance(index, int) or not isinstance(self.layer, str):
            raise not_a_target(self)
        object.__setattr__(self, "index", index)

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.layer,)

    def __call__(self, trace: Trace) -> Tensor:
        value, axis = trace.layers[self.layer], trace.channels[self.layer]
        axis = value.ndim - 1 if axis is None else axis
        if len(value) != len(trace.output):
            raise BadTarget(
                f"layer {self.layer!r} gives {tuple(value.shape)} for {len(trace.output)} examples. One row for each "
                "example was expected. Choose a layer that keeps the batch axis."
            )
        if not -value.shape[axis] <= self.index < value.shape[axis]:
            raise BadTarget(
                f"layer {self.layer!r} has no unit {self.index}. It has {value.shape[axis]}, counted from 0. "
                f"Choose Unit({self.layer!r}, 0) to Unit({self.layer!r}, {value.shape[axis] - 1})."
            )
        return value.select(axis, self.index).flatten(1).mean(1) if value.ndim > 2 else value[:, self.index]

    def as_json(self) -> dict[str, Any]:
        return {"target": "unit", "layer": self.layer, "index": self.index}


@dataclass(frozen=True)
class Total(Target):
    """A weighted sum of targets."""

    terms: tuple[tuple[float, Target], ...]

    def __post_init__(self) -> None:
        _only_targets(*(target for _, target in self.terms))

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, target in self.terms for name in target.layers))

    def check(self, examples: int) -> None:
        for _, target in self.terms:
            target.check(examples)

    def __call__(self, trace: Trace) -> Tensor:
        answers = torch.stack([weight * target(trace) for weight, target in self.terms])
        return answers.sum(0)

    def as_json(self) -> dict[str, Any]:
        return {"target": "total", "terms": [{"weight": w, **t.as_json()} for w, t in self.terms]}


@dataclass(frozen=True)
class Difference(Target):
    """How much more one target is than another: why this, rather than that."""

    this: Target
    that: Target

    def __post_init__(self) -> None:
        _only_targets(self.this, self.that)

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.this - self.that).layers

    def check(self, examples: int) -> None:
        (self.this - self.that).check(examples)

    def __call__(self, trace: Trace) -> Tensor:
        return self.this(trace) - self.that(trace)

    def as_json(self) -> dict[str, Any]:
        return {"target": "difference", "this": self.this.as_json(), "that": self.that.as_json()}


@dataclass(frozen=True, eq=False)
class Custom(Target):
    """A function of a trace, given by the user."""

    function: Any

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(getattr(self.function, "layers", ()))

    def __call__(self, trace: Trace) -> Tensor:
        answer = self.function(trace)
        if not isinstance(answer, Tensor) or answer.shape != trace.output.shape[:1]:
            shape = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            raise BadTarget(
                f"the target gave {shape} for {len(trace.output)} examples. One number per example was expected: "
                f"({len(trace.output)},). Return a tensor of that shape."
            )
        return answer

    def as_json(self) -> dict[str, Any]:
        return {"target": "custom", "name": getattr(self.function, "__qualname__", type(self.function).__name__)}


def probabilities(logits: Tensor, output: Tensor) -> Tensor:
    """The output if the network ends in a squashing, else the softmax (one unit: the sigmoid) of the logits."""
    if output is not logits:
        in_logs = bool((output <= 0).all()) and bool((output < 0).any())  # not a sigmoid that has gone to 0
        return output.exp() if in_logs else output
    scores = _classes(logits)
    if bool((scores >= 0).all()) and bool(((scores.sum(1) - 1).abs() < 1e-4).all()):
        return scores  # they are probabilities already: a function such as predict_proba, a softmax written by hand
    return scores.softmax(1) if scores.shape[1] > 1 else scores.sigmoid()


def target_of(question: Any, classes: Sequence[str], examples: int) -> Target:
    """The Target behind what a user may say: an int, one int or name per example, a class name, "predicted"."""
    target = _read(question, classes)
    target.check(examples)
    return target


def _read(question: Any, classes: Sequence[str]) -> Target:
    if isinstance(question, Target):
        return question
    if isinstance(question, str):
        return Predicted() if question == "predicted" else Output(class_index(question, classes))
    if callable(question) and not isinstance(question, type):
        return Custom(question)
    return Output(indices(list(question) if isinstance(question, tuple) else question, classes))


def _check_of(of: Any) -> None:
    if of not in get_args(Of):
        raise BadTarget(
            f"of={of!r} is not known. {near(str(of), get_args(Of))}One of {', '.join(get_args(Of))} was expected. "
            "Choose one."
        )


def _only_targets(*parts: Any) -> None:
    for part in parts:
        if not isinstance(part, Target):
            raise not_a_target(part)


def _classes(scores: Tensor) -> Tensor:
    if scores.ndim != 2:
        raise BadTarget(
            f"the output has shape (batch, {', '.join(map(str, scores.shape[1:]))}), not one number per class. "
            "A place in it was expected. Use vitrail.Output((class, row, column)) or a function of the trace."
        )
    return scores


def _unit(scores: Tensor, index: tuple[int, ...]) -> Tensor:
    if len(index) == 1:
        _classes(scores)
    sizes = tuple(scores.shape[1:])
    if len(index) != len(sizes) or not all(-n <= i < n for i, n in zip(index, sizes, strict=True)):
        raise _out_of_range(index if len(index) > 1 else index[0], sizes)
    return scores.flatten(1)[:, int(np.ravel_multi_index([i % n for i, n in zip(index, sizes, strict=True)], sizes))]


def _in_range(chosen: Tensor, scores: Tensor) -> Tensor:
    count = scores.shape[1]
    wrong = chosen[(chosen >= count) | (chosen < -count)]
    if len(wrong):
        raise _out_of_range(int(wrong[0]), (count,))
    return chosen % count


def _out_of_range(index: Any, sizes: tuple[int, ...]) -> BadTarget:
    exist = f"0 to {sizes[0] - 1}" if len(sizes) == 1 else f"places in {sizes}"
    return BadTarget(
        f"there is no output {index}. The network has {exist}. Choose one of those as target.", index=index
    )
