"""What the commands print: answers on stdout, progress and refusals on stderr, JSON that any reader takes."""

import functools
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vitrail.errors import AlreadyExists, VitrailError

WIDE = 160  #: columns when the output goes to a file or a pipe
REFUSED = 2  #: the exit status of every refusal
#: columns of numbers
RIGHT = {"completeness gap", "evaluations", "seconds", "probability", "parameters"}
RIGHT |= {"units", "clusters", "purity", "dead", "saturated", "count", "share", "p", "mean", "interval", "rank"}

Report = Callable[[int, int], None]


def console(stream: TextIO) -> Console:
    """Plain text as it is: names in brackets are not markup. Made when it is used, for the stream of that moment."""
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def line(text: str = "") -> None:
    console(sys.stdout).print(text, soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Numbers to the right, long texts folded, a header under a rule."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, justify="right" if column in RIGHT else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(str, row))
    console(sys.stdout).print(drawn)


def as_json(facts: Mapping[str, Any]) -> None:
    """One object on stdout, {"ok": true, ...}."""
    typer.echo(encoded({"ok": True, **facts}))


def encoded(facts: Mapping[str, Any]) -> str:
    return json.dumps(clean(facts), indent=2, ensure_ascii=False, allow_nan=False)


def clean(value: Any) -> Any:
    """Plain JSON: numpy becomes lists, what is not a finite number becomes null."""
    if isinstance(value, np.ndarray | np.generic):
        return clean(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


# -- refusals ----------------------------------------------------------------------------------------------


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """The command; a mistake that a user can put right is one message on stderr, exit status 2, no traceback."""

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        try:
            command(*args, **given)
        except VitrailError as error:
            refuse(str(error), error.code, bool(given.get("json_wanted")))
        except OSError as error:
            refuse(of_system(error), VitrailError.code, bool(given.get("json_wanted")))

    return run


def refuse(message: str, code: str, json_wanted: bool) -> None:
    whole = {"ok": False, "error": message, "code": code}
    typer.echo(json.dumps(whole, ensure_ascii=False) if json_wanted else f"Error: {message}", err=True)
    raise typer.Exit(REFUSED)


def of_system(error: OSError) -> str:
    """What the file system refused, in the form of all messages."""
    about = repr(str(error.filename)) if error.filename else "a file"
    return (
        f"{about} could not be read or written ({error.strerror or error}). A path that may be used was expected. "
        "Check the path and its permissions."
    )


def refuse_taken(paths: Iterable[Path | None], overwrite: bool) -> None:
    """Before any work is done: raise AlreadyExists when a file is there that nobody said to replace."""
    for path in paths:
        if path is not None and path.exists() and not overwrite:
            raise AlreadyExists(path)


# -- progress ----------------------------------------------------------------------------------------------


@contextmanager
def progress(words: str, quiet: bool = False) -> Iterator[Report]:
    """A function of (points done, points in all) that draws a bar on stderr; nothing is drawn into a file."""
    with stage(words, quiet) as start:
        yield start("")


@contextmanager
def stage(words: str, quiet: bool = False) -> Iterator[Callable[[str], Report]]:
    """A bar for several things after each other: call what it gives with the name of the next one."""
    shown = console(sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=shown, transient=True, disable=quiet or not shown.is_terminal) as bar:
        task = bar.add_task(words, total=None)

        def start(part: str) -> Report:
            bar.update(task, description=f"{words}: {part}" if part else words, completed=0)
            return lambda done, total: bar.update(task, completed=done, total=total)

        yield start
