"""Between signatures and trust: which examples it learns from, and what new ones are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vitrail import trust
from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.inputs.examples import Examples
from vitrail.signatures.hear import Hearing
from vitrail.signatures.known import CALIBRATION, FIT, VALIDATION, Known, picked
from vitrail.signatures.outcome import UNKNOWN, Outcome
from vitrail.signatures.paths import Paths, followed
from vitrail.signatures.read import bound_to, said
from vitrail.trust.reading import Reading, Readings

FEWEST = 20  #: examples that validation and calibration need each
MADE_UP = 2000  #: unusual inputs that are made out of the validation examples, at most
BLENDED = 32  #: of them that are mixed with each other, at least
APART = "calibration"  #: the folder of examples of their own, inside the store


@dataclass(frozen=True, eq=False)
class Judge:
    """Learns trust: fitted on the examples of the fit, chosen and calibrated on what was held out of it."""

    hearing: Hearing
    paths: Paths
    outcome: Outcome
    classes: int
    seed: int

    def learnt(
        self, known: Known, examples: Examples, calibration: Any, folder: Path
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """The state of trust, and facts about it; only the reason where there are too few examples."""
        apart, others = known, examples
        if calibration is not None:
            others = Examples(calibration)
            heard = self.hearing.held_out(others, folder / APART, self.outcome, self.seed)
            apart = followed(heard, self.paths)
        facts = {"calibrated_on": "held out of x" if calibration is None else "given"}
        reason = too_few(known, apart)
        if reason:
            return {}, {**facts, "none": reason}
        state, learnt = trust.fit(
            known.readings(FIT),
            apart.readings(VALIDATION),
            self.made_up(apart, others),
            apart.readings(CALIBRATION),
            classes=self.classes,
            clusters=self.paths.counts,
            seed=self.seed,
        )
        return state, {**facts, "calibration": int((apart.role == CALIBRATION).sum()), **learnt}

    def made_up(self, apart: Known, examples: Examples) -> Readings:
        """Unusual inputs made out of validation examples, as the network reads them; read once and kept."""
        held: list[Reading] = []

        def walk() -> Iterator[Reading]:
            if not held:
                rows = picked(np.flatnonzero(apart.role == VALIDATION), MADE_UP, self.seed)
                size = max(self.hearing.plan.batch, BLENDED)
                some = [rows[start : start + size] for start in range(0, len(rows), size)]
                held.extend(self.unusual(examples, part, self.seed + i) for i, part in enumerate(some))
            yield from held

        return walk

    def unusual(self, examples: Examples, rows: Array, seed: int) -> Reading:
        """What the network says about inputs that were made out of these; those on which it breaks are left out."""
        with bound_to(self.hearing.model, examples.take(rows)) as bound:
            x = bound.question.packed.x
            points = torch.as_tensor(np.asarray(trust.outliers(x.cpu().numpy(), bound.axes, seed))).to(x)
            part = said(bound, self.hearing.plan, points, rows)
        fine = np.logical_and.reduce([np.isfinite(a).all(1) for a in (part.logits, *part.activations.values())])
        activations = {name: array[fine] for name, array in part.activations.items()}
        return reading(self.paths, self.outcome, part.logits[fine], activations)


def reading(paths: Paths, outcome: Outcome, logits: Array, activations: Mapping[str, Array]) -> Reading:
    """New examples, without labels."""
    clusters, distance = paths.of(activations)
    unknown = np.full(len(logits), UNKNOWN, np.int32)
    return Reading(activations, logits, outcome.classes(logits), clusters, distance, unknown)


def too_few(known: Known, apart: Known) -> str:
    """Why there can be no trust; empty when there can."""
    for name, role, where in (
        ("fit", FIT, known),
        ("validation", VALIDATION, apart),
        ("calibration", CALIBRATION, apart),
    ):
        count = int((where.role == role).sum())
        if count < FEWEST:
            return f"{count} examples are there for {name}, and {FEWEST} are needed"
    return ""


def refuse_untrusted(facts: Mapping[str, Any]) -> None:
    if "none" in facts:
        raise BadInput(
            f"these signatures know nothing of trust: {facts['none']}. Examples held out of the fit were expected. "
            "Make them with more examples, with held_out=0.2, or with calibration=examples that the network has not "
            "seen."
        )
