"""What people have: arrays, tables, folders of pictures, texts; and the Data that a recipe learns from."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table
from vitrail.train.answers import answers_of
from vitrail.train.arrays import is_pair, of_named, of_npz, of_pair, of_pairs
from vitrail.train.data import Data
from vitrail.train.folders import of_folder
from vitrail.train.frames import of_columns, of_frame, table_in
from vitrail.train.parts import parts_of
from vitrail.train.reading import Missing, Read, Reading

KNOWN = "A folder of classes, .csv, .parquet or .npz"


def data_of(
    source: Any,
    target: str | Sequence[str] | None = None,
    *,
    task: str = "auto",
    inputs: Images | Table | Text | None = None,
    classes: Sequence[str] = (),
    validation: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
    columns: Sequence[str] | None = None,
    split: str | None = None,
    missing: Missing = "refuse",
    blanks: Sequence[str] = (),
    standardise: bool = True,
    size: int | tuple[int, int] | None = None,
    mode: str | None = None,
    skip_broken: bool = False,
    cache: str | os.PathLike[str] | None = None,
    text: str | None = None,
    tokenizer: Any = None,
    vocabulary: int = 8000,
    max_length: int = 128,
) -> Data:
    """Data to learn from, in three parts.

    source       arrays or texts (x, y), ((x, y), (x_test, y_test)) or {"train": (x, y), ...}; a DataFrame; a path to
                 .csv, .parquet or .npz (x and y, or x_train, y_train ...); a folder Training/<class>/*.jpg and
                 Testing/<class>/*.jpg, or <class>/*.jpg, of pictures or .txt files
    target       the column of a table that is predicted, or several
    task         "binary", "multiclass", "multilabel", "regression"; "auto": texts, truth values and whole numbers of up
                 to 100 different values are classes; other whole numbers, and all floats, are quantities; a matrix of 0
                 and 1 holds labels, or classes where each row has exactly one 1
    inputs       how examples become numbers, when it is known: Images, Table or Text
    classes      their names, in the order of the numbers; labels beyond them are refused
    validation   the share of all examples that is held out to choose by, where the source has no such part
    test         the share that is held out to the end, where the source has no such part
    seed         of the parts
    columns      of a table that are read; None for all but the target
    split        the column of a table that says the part: "train", "validation", "test"
    missing      "refuse", or "fill" by the median of the training rows, and by a category of their own
    blanks       texts of a table that stand for a missing value, such as "?"
    standardise  whether numbers of a table get mean 0 and deviation 1, as the training rows say
    size         side of pictures in pixels, or (height, width); None for the most frequent one
    mode         "RGB" or "L" for pictures; None for grey where all are
    skip_broken  whether pictures that cannot be read are left out, and listed in `source`
    cache        folder for pictures of more than about 1 GB, which are mapped from a file; None for the system's own
    text         the column of a table that holds texts to be read
    tokenizer    a Hugging Face tokenizer or a folder with one; None for one that is taught on the training texts
    vocabulary   tokens that it learns at most
    max_length   tokens of a text that are read at most

    Raises BadInput for what cannot be learnt from, BadSetting for settings that do not fit, MissingExtra.
    """
    reading = Reading(
        task, inputs, classes, validation, test, seed, columns, split, missing, blanks, standardise, size, mode,
        skip_broken, cache, text, tokenizer, vocabulary, max_length,
    )  # fmt: skip
    found = read(source, target, reading)
    if found.classed and classes:
        found = replace(found, answers=np.array(found.names)[found.answers], classed=False)
    answers = answers_of(found.answers, task, found.names, found.names if found.classed else classes)
    rows = parts_of(found.rows, answers, reading)
    x, modality, about = found.make(rows["train"])
    said = {} if target is None else {"target": target if isinstance(target, str) else list(target)}
    return Data(x, answers.y, answers.task, rows, answers.classes, modality, {**named(source), **said, **about})


def named(source: Any) -> dict[str, str]:
    """The last part of a path: the same data in another folder are the same data."""
    return {"name": Path(source).name} if isinstance(source, str | os.PathLike) else {}


def read(source: Any, target: str | Sequence[str] | None, reading: Reading) -> Read:
    """The source by its kind.

    Raises BadInput for a kind that is not known, BadSetting for a target where there are no columns.
    """
    if isinstance(source, str | os.PathLike):
        source = table_or(Path(source))
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return of_frame(source, target, reading)
    if target is not None:
        raise BadSetting(
            f"target={target!r} was given, and the source has no columns. A table was expected with it. Leave target= "
            "out.",
            setting="target",
        )
    if isinstance(source, Path):
        return of_npz(source, reading) if source.is_file() else of_folder(source, reading)
    if isinstance(source, Mapping):
        whole = bool(source) and all(map(is_pair, source.values()))
        return of_pairs(source, reading) if whole else of_named(source, reading, "the dict")
    return of_tuple(source, reading)


def table_or(path: Path) -> Any:
    """A table where the path names one, else the path.

    Raises BadInput for a path to nothing, or to a file of another kind.
    """
    suffix = path.suffix.lower()
    if path.is_file() and suffix in (".csv", ".parquet"):
        return table_in(path)
    if path.is_dir() or (path.is_file() and suffix == ".npz"):
        return path
    what = f"is of the unknown kind {suffix or 'without an ending'!r}" if path.exists() else "does not exist"
    raise BadInput(f"{str(path)!r} {what}. {KNOWN} was expected. Check the path, or convert the file.", path=str(path))


def of_tuple(source: Any, reading: Reading) -> Read:
    """(x, y), or ((x, y), (x_test, y_test))."""
    if not is_pair(source):
        raise BadInput(
            f"a {type(source).__name__} was given. {KNOWN}, a DataFrame with target=, or (x, y), was expected. See "
            "docs/data.md."
        )
    if all(isinstance(part, tuple) and is_pair(part) for part in source):
        return of_pairs({"train": source[0], "test": source[1]}, reading)
    x, y = source
    if hasattr(x, "columns") and hasattr(x, "iloc"):
        if len(x) != len(y):
            raise BadInput(
                f"x holds {len(x)} rows, and y {len(y)} answers. One for each was expected. Make them as many."
            )
        return of_columns(x, y, reading, {})
    return of_pair(x, y, reading)
