"""What is to be learnt: texts, whole numbers, floats or a matrix become classes, labels or numbers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vitrail.errors import BadInput, BadSetting, first
from vitrail.explanation import Array

CLASSES = 100  #: whole numbers with more different values than this are quantities, unless `task` says otherwise


class Answers(NamedTuple):
    """y, task and names as Data has them."""

    y: Array
    task: str
    classes: tuple[str, ...]


def answers_of(given: Any, task: str, names: Sequence[str] = (), classes: Sequence[str] = ()) -> Answers:
    """What y means.

    Without a task: texts, truth values and whole numbers of up to 100 different values are classes; more whole numbers,
    and all floats, are quantities. A matrix of 0 and 1 holds labels, and classes where each row has exactly one 1; any
    other matrix holds quantities.

    names    of the columns that are predicted, where they have some
    classes  names of the classes, in the order of their numbers

    Raises BadInput for answers that are missing, out of range or all the same, BadSetting for a task that does not fit.
    """
    y = flat(given)
    refuse_gaps(y)
    known = task if task != "auto" else "classes" if len(classes) and y.ndim == 1 else guessed(y)
    if known == "regression":
        return quantities(y, names)
    if known == "multilabel":
        return labels(y, names or classes)
    if y.ndim == 2:
        y, classes = one_hot(y, known, classes or names)
    found = named(y, tuple(classes)) if len(classes) else counted(y)
    many = len(found.classes)
    if known == "binary" and many != 2:
        raise BadSetting(
            f"task='binary' was asked of {many} classes: {first(list(found.classes))}. Two were expected. Use "
            "task='multiclass', or leave it out.",
            task=task,
        )
    return found._replace(task="binary" if many == 2 and known != "multiclass" else "multiclass")


def flat(given: Any) -> Array:
    """An array of numbers or texts; a single column is one answer for each example."""
    y = np.asarray(given)
    if y.dtype.kind == "O" and all(isinstance(value, bool | int | float | np.number) for value in y.flat):
        y = np.array(y.tolist())  # Python's own numbers keep their kind
    if y.ndim not in (1, 2) or not len(y):
        raise BadInput(
            f"the answers have shape {y.shape}. One for each example, (n,), or several, (n, k), were expected. Reshape "
            "them."
        )
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def refuse_gaps(y: Array) -> None:
    """Raise BadInput for NaN, infinity, None, and what pandas calls missing."""
    gaps = ~np.isfinite(y) if y.dtype.kind == "f" else np.vectorize(blank, otypes=[bool])(y)
    if gaps.any():
        row = int(np.argwhere(gaps)[0, 0])
        raise BadInput(
            f"{int(gaps.sum())} answers are missing or infinite, the first in row {row}. An answer for each example "
            "was expected. Leave those examples out, or fill their answers.",
            row=row,
        )


def blank(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def guessed(y: Array) -> str:
    if y.ndim == 2:
        truths = y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all())
        if not truths:
            return "regression"
        return "multiclass" if (y.sum(1) == 1).all() else "multilabel"
    many = y.dtype.kind in "iu" and len(np.unique(y)) > CLASSES
    return "regression" if y.dtype.kind == "f" or many else "classes"


def quantities(y: Array, names: Sequence[str]) -> Answers:
    if y.dtype.kind not in "biuf":
        raise BadSetting(
            f"task='regression' was asked of answers such as {y.flat[0]!r}. Numbers were expected. Leave task out to "
            "learn classes.",
            task="regression",
        )
    return Answers(y.astype(np.float64), "regression", tuple(names))


def labels(y: Array, names: Sequence[str]) -> Answers:
    """(n, k) of 0 and 1."""
    if y.ndim != 2 or y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
        raise BadInput(
            f"task='multilabel' was asked of answers of shape {y.shape} such as {y.flat[0]!r}. A matrix (n, k) of 0 "
            "and 1, a column for each label, was expected. Make one."
        )
    names = tuple(names) or tuple(map(str, range(y.shape[1])))
    if len(names) != y.shape[1]:
        raise BadSetting(
            f"{len(names)} names were given for {y.shape[1]} labels. One for each was expected. Correct classes=."
        )
    return Answers(y.astype(np.int64), "multilabel", tuple(map(str, names)))


def one_hot(y: Array, task: str, names: Sequence[str]) -> tuple[Array, Sequence[str]]:
    """Numbers of classes out of rows that have exactly one 1."""
    if y.dtype.kind not in "biuf" or not (np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all()):
        raise BadInput(
            f"task={task!r} was asked of answers of shape {y.shape} whose rows have not exactly one 1. One class for "
            "each example was expected. Use task='multilabel' or 'regression'."
        )
    return y.argmax(1), tuple(names) or tuple(map(str, range(y.shape[1])))


def counted(y: Array) -> Answers:
    """Classes are the values themselves, in their order."""
    kept = y if y.dtype.kind in "biuf" else np.array([str(value) for value in y])
    values, numbers = np.unique(kept, return_inverse=True)
    if len(values) < 2:
        raise BadInput(
            f"all {len(y)} examples are of one class, {str(values[0])!r}. Two classes or more were expected. Add "
            "examples of another, or say task='regression'."
        )
    words = [str(int(v)) if y.dtype.kind == "f" and float(v).is_integer() else str(v) for v in values.tolist()]
    return Answers(numbers.astype(np.int64), "", tuple(words))


def named(y: Array, classes: tuple[str, ...]) -> Answers:
    """Classes are the names that were given; answers are their numbers, or the names themselves."""
    number = {str(name): i for i, name in enumerate(classes)}
    if len(number) < 2 or len(number) < len(classes):
        raise BadSetting(
            f"classes={list(classes)!r} were given. Two or more different names were expected. Correct them.",
            setting="classes",
        )
    if y.dtype.kind in "biuf":
        numbers = np.where(y == np.round(y), y, -1).astype(np.int64)
    else:
        numbers = np.array([number.get(str(value), -1) for value in y])
    strange = (numbers < 0) | (numbers >= len(classes))
    if strange.any():
        row = int(strange.argmax())
        raise BadInput(
            f"the label {y[row].item() if hasattr(y[row], 'item') else y[row]!r} in row {row} is out of range. Labels "
            f"are 0 to {len(classes) - 1}, or: {first(list(map(str, classes)))}. Correct it, or name more classes.",
            row=row,
        )
    if len(np.unique(numbers)) < 2:
        return counted(y)  # refuses
    return Answers(numbers, "", tuple(map(str, classes)))
