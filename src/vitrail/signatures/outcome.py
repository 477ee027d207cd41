"""Input class and output class: what an example is, and what the network takes it for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from vitrail.errors import BadInput
from vitrail.explanation import Array

UNKNOWN = -1
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


@dataclass(frozen=True)
class Outcome:
    """How the output of a network becomes one of several classes.

    threshold   of a single output that says one of two classes: 0 for a logit, 0.5 for a probability
    edges       the quartiles of a single output that is a number: its classes are the quarters between them
    names       of the classes, if the network has them

    With neither, the class is the largest output.
    """

    threshold: float | None = None
    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()

    @staticmethod
    def of(outputs: Array, labels: Any, threshold: float | None, regresses: bool, names: Sequence[str]) -> "Outcome":
        """What the outputs (n, outputs) of the training examples, and their labels, say."""
        if outputs.shape[1] > 1:
            return Outcome(names=padded(names, outputs.shape[1]))
        two = labels is not None and set(np.unique(np.asarray(labels)).tolist()) <= {0, 1}
        if not regresses and (threshold is not None or two or len(names) == 2):
            return Outcome(threshold or 0.0, names=padded(names, 2))
        return Outcome(edges=tuple(np.quantile(outputs[:, 0].astype(np.float64), (0.25, 0.5, 0.75)).tolist()))

    def classes(self, outputs: Array) -> Array:
        """(n,) int32: the output class of outputs (n, outputs)."""
        if self.edges:
            return self.quarters(outputs[:, 0])
        if self.threshold is not None:
            return np.asarray(outputs[:, 0] > self.threshold, np.int32)
        return np.asarray(outputs.argmax(1), np.int32)

    def quarters(self, numbers: Array) -> Array:
        return np.asarray(np.searchsorted(np.asarray(self.edges), numbers, side="right"), np.int32)

    def said(self, outputs: Array) -> Array:
        """(n, 1) float32: the probability of the output class; the output itself where it is a number."""
        if self.edges:
            return outputs
        logits = torch.from_numpy(outputs).double()
        chances = logits.sigmoid() if self.threshold is not None else logits.softmax(1)
        best = torch.maximum(chances, 1 - chances) if self.threshold is not None else chances.amax(1, keepdim=True)
        return best.float().numpy()

    def labels(self, labels: Any, count: int) -> Array:
        """(n,) int32: the input class of each example, UNKNOWN where there are no labels.

        Raises BadInput for labels of another length, names that nobody knows, and what is no class.
        """
        if labels is None:
            return np.full(count, UNKNOWN, np.int32)
        array = np.asarray(labels.tolist() if hasattr(labels, "tolist") else labels)
        array = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
        check_length(array, count)
        if array.dtype.kind in "OUS":
            return self.numbered([str(each) for each in array])
        if self.edges:
            return self.quarters(array.astype(np.float64))
        if array.dtype.kind not in "iub" and not bool((array == np.round(array)).all()):
            raise BadInput(
                f"labels are of type {array.dtype}, such as {array.ravel()[0]}. A class for each example, by number or "
                "name, was expected. Convert them."
            )
        return check_range(array.astype(np.int64))

    def numbered(self, labels: Sequence[str]) -> Array:
        """Names as numbers; a name that the network does not know is a class of its own behind the others."""
        if not self.names:
            raise BadInput(
                f"labels are names, such as {labels[0]!r}, and the network has none for its classes. Say them when "
                "opening: vitrail.open(..., classes=[...]), or give labels as numbers."
            )
        known = [*self.names, *sorted(set(labels) - set(self.names))]
        return np.array([known.index(label) for label in labels], np.int32)

    def all_names(self, labels: Any, outputs: int, largest: int) -> list[str]:
        """The names of all classes, also of those that only examples have."""
        if self.edges:
            return list(QUARTERS)
        outputs = 2 if self.threshold is not None else outputs
        given = np.asarray([] if labels is None else labels)
        strange = sorted(set(map(str, given)) - set(self.names)) if given.dtype.kind in "OUS" else []
        names = [*self.names, *[str(i) for i in range(len(self.names), outputs)], *strange]
        return names + [str(i) for i in range(len(names), largest + 1)]

    def as_json(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "edges": list(self.edges), "names": list(self.names)}

    @staticmethod
    def from_json(facts: Mapping[str, Any]) -> "Outcome":
        return Outcome(facts["threshold"], tuple(facts["edges"]), tuple(facts["names"]))


def padded(names: Sequence[str], classes: int) -> tuple[str, ...]:
    """A name for every class where some have one, so that strange labels come behind all of them."""
    return (*names, *(str(i) for i in range(len(names), classes))) if names else ()


def check_length(labels: Array, count: int) -> None:
    if labels.shape != (count,):
        raise BadInput(
            f"labels have shape {labels.shape}, and x holds {count} examples. One label for each was expected. "
            "Check that they come from the same place.",
            labels=list(labels.shape),
            examples=count,
        )


def check_range(labels: Array) -> Array:
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if low < UNKNOWN or high >= 2**31:
        raise BadInput(
            f"labels reach from {low} to {high}. Numbers of classes from 0, or -1 for unknown, were expected. "
            "Check them."
        )
    return labels.astype(np.int32)
