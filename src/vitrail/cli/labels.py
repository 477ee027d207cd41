"""Where the labels of examples come from: a file of their own, or a column of the table of examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from vitrail.cli import read
from vitrail.errors import BadInput, near
from vitrail.explanation import Array
from vitrail.model import Model

LINES = ".txt"
SUFFIXES = (*read.ARRAYS, *read.TABLES, LINES)

LABELS = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="FILE|COLUMN",
        help="the class of each example: .npy, .csv, .parquet or .txt with one column, or a column of DATA",
    ),
]


def labels_of(text: str | None, data: Sequence[str]) -> Array | None:
    """(n,) the labels that a flag names, numbers or texts, before the network is opened.

    Raises BadInput for a file that is missing, unreadable or of several columns, and for a column that is not there.
    """
    if text is None:
        return None
    if is_file(text):
        return from_file(text)
    columns = list(read.frame(data[0]).columns) if is_table(data) else []
    if text not in columns:
        there = f"Columns are: {', '.join(map(str, columns))}. " if columns else ""
        raise BadInput(
            f"--labels {text!r} is neither a file nor a column of DATA. {near(text, map(str, columns))}{there}"
            f"A file ({', '.join(SUFFIXES)}), or a column of a table, was expected. Check the name."
        )
    return np.asarray(read.frame(data[0])[text])


def examples(model: Model, data: Sequence[str], labels: str | None) -> Any:
    """x out of DATA; without the column of the labels, where they are one of its columns."""
    x = read.read(model, data)
    inside = labels is not None and not is_file(labels) and hasattr(x, "columns") and labels in x.columns
    return x.drop(columns=[labels]) if inside else x


def is_file(text: str) -> bool:
    return read.suffix(text) in SUFFIXES or Path(text).is_file()


def is_table(data: Sequence[str]) -> bool:
    return len(data) == 1 and read.suffix(data[0]) in read.TABLES and Path(data[0]).is_file()


def from_file(path: str) -> Array:
    """The one column of a file."""
    if read.suffix(path) == LINES:
        return numbered(read.lines(Path(path)))
    if read.suffix(path) not in SUFFIXES:
        raise BadInput(f"--labels {path!r} is of no known kind. {', '.join(SUFFIXES)} were expected. Convert it.")
    if not Path(path).is_file():
        raise BadInput(
            f"there is no file {path!r} of labels. One with a label for each example was expected. Check the path."
        )
    if read.suffix(path) in read.ARRAYS:
        return flat(np.asarray(read.array(path)), path)
    return flat(read.frame(path).to_numpy(), path)


def flat(found: Array, path: str) -> Array:
    """(n,) out of (n,) or (n, 1)."""
    if found.ndim == 1 or (found.ndim == 2 and found.shape[1] == 1):
        return found.reshape(len(found))
    raise BadInput(
        f"--labels {path!r} holds an array of shape {found.shape}. One column, with a label for each example, was "
        "expected. Save the labels alone."
    )


def numbered(texts: Sequence[str]) -> Array:
    """Whole numbers where all of them are; else the texts."""
    whole = all(text.removeprefix("-").isdecimal() for text in texts)
    return np.array([int(text) for text in texts]) if whole else np.array(texts)
