"""Classes by name and by number: what users call them, and the index that is meant."""

import os
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from vitrail.errors import BadSetting, BadTarget, first, near


def names(classes: Any) -> tuple[str, ...]:
    """Class names from a sequence, from {index: name}, or from a text file with one name a line."""
    if classes is None:
        return ()
    if isinstance(classes, str | os.PathLike):
        return _names_in(Path(classes))
    if isinstance(classes, Mapping):
        classes = _in_order(classes)
    if not hasattr(classes, "__iter__"):
        raise BadSetting(
            f"classes={classes!r} are no names. A list of names, in the order of the outputs, was expected. Use "
            "classes=['cat', 'dog'].",
        )
    return tuple(map(str, classes))


def _in_order(classes: Mapping[Any, Any]) -> list[Any]:
    """The names of {0: name, 1: name, ...}."""
    by_index = {str(key): name for key, name in classes.items()}
    order = [str(i) for i in range(len(by_index))]
    if sorted(order) != sorted(by_index):
        raise BadSetting(
            f"classes have the keys {first(list(by_index))}. A dict from index to name, 0 to {len(by_index) - 1}, was "
            "expected. Give a list of names, in the order of the outputs."
        )
    return [by_index[i] for i in order]


def _names_in(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"classes={str(path)!r} could not be read ({error}). A text file with one name a line was expected, or a "
            "list of names. Check the path, or use classes=['cat', 'dog']."
        ) from error
    return tuple(line.strip() for line in lines if line.strip())


class Pair(tuple[str, ...]):
    """(off, on): the two names of a single unit that says how sure it is of the second."""

    __slots__ = ()

    def said(self, chance: float) -> tuple[str, float]:
        """The name that a probability of the second speaks for, and the probability of that one."""
        return (self[1], chance) if chance >= 0.5 else (self[0], 1 - chance)


class Labels(tuple[str, ...]):
    """Names of units that say yes or no each for itself: any number of them are on."""

    __slots__ = ()

    def on(self, chances: Sequence[float]) -> list[str]:
        """The names whose probability is above a half."""
        return [name for name, chance in zip(self, chances, strict=True) if chance > 0.5]


def units(classes: Sequence[str]) -> Sequence[str]:
    """A name for each unit of the output."""
    return classes[1:] if isinstance(classes, Pair) else classes


def fitting(given: tuple[str, ...], own: tuple[str, ...], output: Tensor, network: str) -> tuple[str, ...]:
    """The names, one for each output; those that the network brings along (`own`) only if they fit."""
    count = output.shape[1]
    if output.ndim != 2 or len(units(given)) in (0, count):
        return given
    if given == own:
        return ()
    raise BadSetting(
        f"{len(given)} class name{'s' * (len(given) > 1)} were given for the {count} output{'s' * (count > 1)} of "
        f"{network}. One name for each output was expected. Correct them: vitrail.open(network, classes=[...])."
    )


def class_index(name: str, classes: Sequence[str]) -> int:
    if not classes:
        raise BadTarget(
            f"no class named {name!r}: this model has no class names. An index was expected, or names given at "
            "the door. Use target=3, or vitrail.open(network, classes=[...])."
        )
    if isinstance(classes, Pair) and name == classes[0]:
        raise BadTarget(
            f"the network has no unit for {name!r}: its one unit says {classes[1]!r} or not. A question about that "
            f"unit was expected. Use target={classes[1]!r}; what speaks against it speaks for {name!r}.",
            name=name,
        )
    found = [i for i, known in enumerate(units(classes)) if known == name]
    if len(found) > 1:
        raise BadTarget(
            f"{len(found)} classes are named {name!r}: {', '.join(map(str, found))}. One was expected. Use the index.",
            name=name,
        )
    if not found:
        raise BadTarget(
            f"no class named {name!r}. {near(name, classes)}Classes are: {first(list(classes))}. "
            "Use model.classes to list them all, or an index.",
            name=name,
        )
    return found[0]


def indices(question: Any, classes: Sequence[str]) -> Any:
    """Names replaced by their index; the rest is for Output to judge."""
    each = question.tolist() if hasattr(question, "tolist") else question
    if isinstance(each, list) and each and all(isinstance(name, str) for name in each):
        index = {name: class_index(name, classes) for name in dict.fromkeys(each)}
        return [index[name] for name in each]
    return question


def whole(index: Any) -> Any:
    """An index as an int, a tuple of ints or a list of ints, whatever kind of array it came in."""
    try:
        array = index.detach().cpu().numpy() if isinstance(index, Tensor) else np.asarray(index)
    except ValueError as error:
        raise not_a_target(index) from error
    if array.dtype.kind not in "iu" or array.ndim > 1 or array.size == 0:
        raise not_a_target(index)
    whole = array.astype(np.int64).tolist()
    return tuple(whole) if isinstance(index, tuple) else whole


def not_a_target(question: Any) -> BadTarget:
    return BadTarget(
        f"{reprlib.repr(question)} is not a target. An int, one int per example, a class name, 'predicted' or a Target "
        "was expected. Use target=3, or vitrail.Output(3)."
    )
