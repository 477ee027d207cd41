"""The tree of mistakes.

    VitrailError (ValueError)
    ├── CannotOpen      the source is missing, cut short, of the wrong kind, or lives elsewhere
    │   └── UnsafeFile  opening it would run code from the file
    ├── MissingExtra    an optional library is needed and not installed
    ├── BadInput        x does not fit: shape, type, not a number, empty
    ├── BadTarget       the question does not fit the answer: class, index
    ├── BadSetting      a setting is unknown or out of range
    ├── NoSuchMethod    no method of that name
    ├── NoSuchLayer     no layer or call site of that name
    ├── WrongLayer      the layer exists, but the method cannot use it
    ├── ChooseOutput    the network returns several things
    ├── NetworkFailed   the network itself raised
    ├── NoGradient      gradients do not reach the input
    ├── NoRule          an operation has no rule in the table that goes back through the network
    ├── OutOfMemory     not even one example fits
    ├── AlreadyExists   the file is there, and nobody said to replace it
    ├── TrainingFailed  a network cannot learn any more: its loss is no number
    ├── DiskFull        a file could not be written; the one before it stays
    ├── NoSuchKey       a store has nothing under that key or name
    ├── StoreFailed     a store does not answer, or does not allow it
    ├── NoSuchJob       no job of that id
    └── WorkerLost      the processes that worked at a shard died, one after the other

Every message says what is wrong, with the value; what was expected or what exists; what to do next.
`code` is stable and is what a server or a script should look at.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar


class VitrailError(ValueError):
    """Anything a user can put right. `facts` holds the values the message was made from."""

    code: ClassVar[str] = "vitrail"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes, also those that build their own message."""
        return remade, (type(self), str(self), self.facts)


class CannotOpen(VitrailError):
    """The source is missing, cut short, of the wrong kind, or lives in another framework."""

    code = "cannot-open"


class UnsafeFile(CannotOpen):
    """Opening the file would run code that is stored in it."""

    code = "unsafe-file"


class MissingExtra(VitrailError):
    """An optional library is needed and not installed."""

    code = "missing-extra"

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed. It comes with the extra {extra!r}. "
            f"Install it: pip install 'vitrail[{extra}]'",
            library=library,
            extra=extra,
        )


class BadInput(VitrailError):
    """x does not fit the network: its shape, its type, a value that is not a number, or nothing at all."""

    code = "bad-input"


class BadTarget(VitrailError):
    """The question does not fit what the network answers."""

    code = "bad-target"


class BadSetting(VitrailError):
    """A setting is unknown, of the wrong type, or out of its range."""

    code = "bad-setting"


class NoSuchMethod(VitrailError):
    """No method of that name."""

    code = "no-such-method"

    def __init__(self, name: str, existing: Iterable[str]) -> None:
        existing = sorted(existing)
        super().__init__(
            f"no method named {name!r}. {near(name, existing)}Methods are: {', '.join(existing)}. "
            "Use list(vitrail.METHODS), or the command `vitrail methods`, to list them.",
            name=name,
            existing=existing,
        )


class NoSuchLayer(VitrailError):
    """No layer or call site of that name."""

    code = "no-such-layer"

    def __init__(self, name: str, network: str, existing: Iterable[str]) -> None:
        existing = list(existing)
        super().__init__(
            f"no layer named {name!r} in {network}. {near(name, existing)}Layers are: {first(existing)}. "
            "Use model.layers to list them all.",
            name=name,
            existing=existing,
        )


class WrongLayer(VitrailError):
    """The layer exists, but it has not the shape that the method needs."""

    code = "wrong-layer"


class ChooseOutput(VitrailError):
    """The network returns several things, or something that is not an array."""

    code = "choose-output"


class NetworkFailed(VitrailError):
    """The network itself raised while it ran."""

    code = "network-failed"


class NoGradient(VitrailError):
    """Gradients do not reach the input."""

    code = "no-gradient"


class NoRule(VitrailError):
    """An operation changes values, and the table that goes back through the network has no rule for it."""

    code = "no-rule"


class OutOfMemory(VitrailError):
    """Not even one example at a time fits into memory."""

    code = "out-of-memory"


class AlreadyExists(VitrailError):
    """The file is there, and nobody said to replace it."""

    code = "already-exists"

    def __init__(self, path: object) -> None:
        super().__init__(
            f"{str(path)!r} already exists. Nothing was written. "
            "Choose another name, or say overwrite=True (--overwrite on the command line).",
            path=str(path),
        )


class TrainingFailed(VitrailError):
    """A network cannot learn any more: its loss is no number."""

    code = "training-failed"


class DiskFull(VitrailError):
    """A file could not be written; the one before it is whole and stays."""

    code = "disk-full"


class NoSuchKey(VitrailError):
    """A store has nothing under that key or name."""

    code = "no-such-key"


class StoreFailed(VitrailError):
    """A store does not answer, or does not allow it; `facts["passing"]` says whether trying again may help."""

    code = "store-failed"


class NoSuchJob(VitrailError):
    """No job of that id."""

    code = "no-such-job"


class WorkerLost(VitrailError):
    """The processes that worked at one shard of a job died, one after the other."""

    code = "worker-lost"


def near(name: str, existing: Iterable[str]) -> str:
    """'Did you mean ...? ' for the closest existing names, whatever their case, or nothing."""
    folded = {str(e).casefold(): e for e in existing}
    close = [folded[c] for c in get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.6)]
    return f"Did you mean {' or '.join(map(repr, close))}? " if close else ""


def first(names: list[str], count: int = 6) -> str:
    """The first few names, with dots for the rest."""
    return ", ".join(names[:count]) + (", ..." if len(names) > count else "")


def remade(kind: type[VitrailError], message: str, facts: dict[str, object]) -> VitrailError:
    """An error of this kind with this message, past the kind's own __init__."""
    error = kind.__new__(kind, message)
    error.facts = facts
    return error
