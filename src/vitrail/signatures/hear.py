"""Hearing examples: their activations into a store, and what the network takes each of them for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.inputs.examples import Examples
from vitrail.model import Model
from vitrail.signatures.activations import Activations
from vitrail.signatures.capture import capture
from vitrail.signatures.known import FIT, Known, roles
from vitrail.signatures.outcome import UNKNOWN, Outcome
from vitrail.signatures.read import Plan


@dataclass(frozen=True, eq=False)
class Hearing:
    """How examples are heard: by which network and plan, and how their activations are kept."""

    model: Model
    plan: Plan
    keep: str
    overwrite: bool
    report: Callable[[int, int], None] | None

    def captured(self, examples: Examples, folder: Path) -> Activations:
        return capture(
            self.model, self.plan, examples, folder,
            keep=self.keep, overwrite=self.overwrite, progress=self.report,
        )  # fmt: skip

    def training(
        self, examples: Examples, folder: Path, labels: Any, held_out: float, fit: str, seed: int
    ) -> tuple[Outcome, Known]:
        """The examples of the fit, and those held out of it.

        Raises BadInput when no example is left to fit.
        """
        store = self.captured(examples, folder)
        outcome = Outcome.of(single(store), labels, self.plan.threshold, self.regresses, self.model.classes)
        label = outcome.labels(labels, len(examples))
        predicted, said = taken(store, outcome)
        role = roles((label == predicted) | (label == UNKNOWN), held_out, fit, seed)
        if not (role == FIT).any():
            raise no_example(self.model.name, label, predicted, fit)
        return outcome, unread(store, label, predicted, said, role)

    def held_out(self, examples: Examples, folder: Path, outcome: Outcome, seed: int) -> Known:
        """Examples that only validate and calibrate."""
        store = self.captured(examples, folder)
        role = roles(np.ones(len(examples), bool), 1.0, "all", seed)
        return unread(store, np.full(len(examples), UNKNOWN, np.int32), *taken(store, outcome), role)

    @property
    def regresses(self) -> bool:
        return self.model.network.regresses


def single(store: Activations) -> Array:
    """(n, 1) the outputs of a network that has one; of any other (0, outputs), since nothing is learnt from them."""
    outputs = store.about["outputs"]
    if outputs > 1:
        return np.zeros((0, outputs), np.float32)
    return np.concatenate([part.logits for part in store.parts([])])


def taken(store: Activations, outcome: Outcome) -> tuple[Array, Array]:
    """(n,) the output class of each example, and (n, 1) its probability."""
    pairs = [(outcome.classes(part.logits), outcome.said(part.logits)) for part in store.parts([])]
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def unread(store: Activations, label: Array, predicted: Array, said: Array, role: Array) -> Known:
    none = np.zeros((len(label), 0))
    return Known(store, label, predicted, said, role, none.astype(np.int32), none.astype(np.float32))


def no_example(name: str, label: Array, predicted: Array, fit: str) -> BadInput:
    right = int((label == predicted).sum())
    if fit == "all" or right:
        return BadInput(
            f"no example of {len(label)} is left for the fit ({right} are right, the others are held out or wrong). "
            "Some were expected. Give more examples, or a smaller held_out."
        )
    return BadInput(
        f"{name} gets none of the {len(label)} examples right, and clusters are fitted on those that it does. Labels "
        f"in the order of its outputs were expected; the first says {label[0]}, the network {predicted[0]}. Check "
        "them, or fit on all examples: fit='all'."
    )
