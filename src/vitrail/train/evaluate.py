"""The verb `evaluate`: how well an opened network does on data with known answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vitrail.errors import BadInput, BadSetting, first, near
from vitrail.explanation import Array, Explanation
from vitrail.model import Model
from vitrail.target import probabilities
from vitrail.train.data import PARTS, Data
from vitrail.train.evaluation import evaluation
from vitrail.train.sources import data_of
from vitrail.train.worst import with_worst

CHUNK = 1024  #: examples that are made into numbers at once


def evaluate(model: Model, data: Any, target: str | None = None, *, part: str = "test", **how: Any) -> Explanation:
    """How well a network from any framework does; see `evaluation` for what is measured.

    model    what `vitrail.open` gives
    data     a `Data`, or whatever `vitrail.data` reads: (x, y), a DataFrame, a path to a table, a folder, an .npz
    target   the column that is predicted, for tables
    part     "train", "validation", "test", or "all" of the data
    how      what else `vitrail.data` takes, where it reads the data

    Raises BadInput for data that the network cannot read, and for classes that it does not know.
    """
    lessons = data if isinstance(data, Data) else data_of(data, target, **(known(model) | how))
    if part not in (*PARTS, "all"):
        raise BadSetting(f"part={part!r} is not known. One of {', '.join(PARTS)} or all was expected. Choose one.")
    rows = np.arange(len(lessons)) if part == "all" else lessons.rows[part]  # type: ignore[index]
    scores = np.concatenate([said(model, lessons, rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)])
    y, classes = matched(lessons, model, scores.shape[1])
    answer = with_worst(evaluation(y[rows], scores, lessons.task, classes), lessons, rows)
    about = {"name": model.name, "weights": model.fingerprint.digest(), "framework": model.network.framework}
    return answer.with_provenance(model=about, part=part, data=dict(lessons.source))


def known(model: Model) -> dict[str, Any]:
    """How data are to be read for a network that says so: its own columns, pictures or texts, and its classes."""
    inputs = {} if model.modality is None else {"inputs": model.modality}
    return inputs if model.network.regresses or not model.classes else inputs | {"classes": tuple(model.classes)}


def said(model: Model, data: Data, rows: Array) -> Array:
    """(rows, outputs) probabilities, or numbers where numbers are predicted."""
    return answers(model, data.numbers(rows), data.task == "regression")


def answers(model: Model, x: Any, numbers: bool) -> Array:
    """(batch, outputs) what the network says about x: probabilities, or the numbers that it returns."""
    with model.asking(x) as bound:
        trace = bound.trace(bound.question.packed.x)
        out = trace.output if numbers else probabilities(trace.logits, trace.output)
    return np.asarray(out.detach().cpu().numpy().reshape(len(out), -1), np.float64)


# -- classes -----------------------------------------------------------------------------------------------


def matched(data: Data, model: Model, outputs: int) -> tuple[Array, Sequence[str]]:
    """The answers numbered as the network numbers its classes, and the names of these."""
    if data.task in ("regression", "multilabel"):
        return data.y, data.classes
    own = tuple(map(str, model.classes)) or unnamed(data.classes, outputs)
    unknown = [name for name in data.classes if name not in own]
    if unknown:
        raise BadInput(
            f"the data hold a class {unknown[0]!r} that {model.name} does not know. {near(unknown[0], own)}Its classes "
            f"are: {first(list(own), 12)}. Rename them in the data, or open the network with classes=[...].",
            unknown=unknown,
        )
    number = np.array([own.index(name) for name in data.classes])
    return number[data.y.astype(np.int64)], own


def unnamed(classes: Sequence[str], outputs: int) -> tuple[str, ...]:
    """Names for the outputs of a network that has none: those of the data, or numbers where the data say numbers."""
    counted = tuple(map(str, range(max(outputs, 2))))
    return counted if set(classes) <= set(counted) else tuple(classes)
