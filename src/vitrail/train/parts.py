"""Which examples are for training, for validation and for the test: as the source says, and drawn where it does not."""

from collections.abc import Mapping

import numpy as np

from vitrail.errors import BadInput, first
from vitrail.explanation import Array
from vitrail.train.answers import Answers
from vitrail.train.data import PARTS, Part, split
from vitrail.train.reading import CALLED, PART_OF, Reading


def parts_of(known: Mapping[Part, Array], answers: Answers, reading: Reading) -> dict[Part, Array]:
    """Rows of the three parts; those that nobody named are drawn from the training part, class by class.

    Raises BadInput for a source that names no training part, and for a class that nothing is learnt about.
    """
    known = {part: np.asarray(rows) for part, rows in known.items() if len(rows)}
    pool = np.arange(len(answers.y)) if not known else known.get("train", np.empty(0, int))
    if not len(pool):
        raise BadInput(
            f"there are examples for {', '.join(known)}, and none to train on. A part called "
            f"{' or '.join(map(repr, CALLED['train']))} was expected. Name it so."
        )
    open_parts = [part for part in PARTS[1:] if part not in known]
    shares: dict[Part, float] = {part: getattr(reading, part) for part in open_parts}
    y = answers.y if answers.task in ("binary", "multiclass") else None
    drawn = split(len(pool), None if y is None else y[pool], shares, reading.seed)
    rows = {**{part: pool[found] for part, found in drawn.items() if len(found)}}
    rows |= {part: known[part] for part in PARTS[1:] if part in known}
    refuse_unlearnt(rows, answers)
    return rows


def refuse_unlearnt(rows: Mapping[Part, Array], answers: Answers) -> None:
    """Raise BadInput for classes without a training example."""
    if answers.task not in ("binary", "multiclass"):
        return
    learnt = set(answers.y[rows["train"]].tolist())
    other = [name for i, name in enumerate(answers.classes) if i not in learnt]
    if other:
        raise BadInput(
            f"no training example is of class {first([repr(name) for name in other])}. An example of every class to "
            "learn from was expected. Add some, leave the class out, or take another seed=.",
            classes=other,
        )


def called(names: Array, column: str) -> dict[Part, Array]:
    """Rows for each part out of a column that names them: "train", "Testing", "val" ...

    Raises BadInput for other words.
    """
    words = np.array([str(name).strip().casefold() for name in names])
    strange = [word for word in dict.fromkeys(words.tolist()) if word not in PART_OF]
    if strange:
        known = "; ".join(f"{part}: {', '.join(said)}" for part, said in CALLED.items())
        raise BadInput(
            f"column {column!r} holds {strange[0]!r}, which names no part of the data. These are known: {known}. "
            "Rename it, or leave split= out.",
            column=column,
        )
    return {part: np.flatnonzero(np.isin(words, said)) for part, said in CALLED.items()}
