"""Tables to learn from: a DataFrame, .csv or .parquet; scaled as the training rows say."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput, BadSetting, MissingExtra, first, near
from vitrail.explanation import Array
from vitrail.inputs.table import Table
from vitrail.train.data import Part
from vitrail.train.parts import called
from vitrail.train.reading import Made, Read, Reading
from vitrail.train.texts import column_of, of_texts

FILLED = "missing"  #: the category of values that are missing
MOST = 1000  #: categories of one column
Columns = dict[str, Any]  #: name -> pandas Series


def table_in(path: Path) -> Any:
    """A file as a pandas DataFrame.

    Raises MissingExtra without pandas, BadInput for what is no table.
    """
    if importlib.util.find_spec("pandas") is None:
        raise MissingExtra("pandas", "tables", "reading a table")
    import pyarrow
    from pyarrow import csv, parquet

    try:
        table = csv.read_csv(path) if path.suffix.lower() == ".csv" else parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise BadInput(
            f"{str(path)!r} could not be read as a table ({str(error).splitlines()[0]}). A {path.suffix.lower()} file "
            "with a row for each example and named columns was expected. Save it again."
        ) from error
    for field in table.schema:
        if pyarrow.types.is_binary(field.type):
            raise BadInput(
                f"column {field.name!r} of {str(path)!r} holds bytes that are no text in UTF-8. Numbers and texts were "
                "expected. Save the file again in UTF-8.",
                column=field.name,
            )
    return table.to_pandas()


def of_frame(frame: Any, target: str | Sequence[str] | None, reading: Reading) -> Read:
    """A table with the columns that are predicted in it.

    Raises BadSetting without a target or for columns that it also reads, BadInput for columns that are not there.
    """
    own = [str(name) for name in frame.columns]
    if target is None:
        raise BadSetting(
            f"nobody said what is predicted. target= with the name of a column was expected. Columns are: "
            f"{first(own, 12)}.",
            setting="target",
        )
    targets = [target] if isinstance(target, str) else list(map(str, target))
    held = columns_of(frame, [*targets, *([reading.split] if reading.split else [])])
    answers = held[targets[0]] if len(targets) == 1 else np.stack([numbers_of(held[t], t) for t in targets], 1)
    rows = called(np.asarray(held[reading.split]), reading.split) if reading.split else {}
    column = column_of(reading)
    if column is not None:
        texts = columns_of(frame, [column])[column]
        return replace(of_texts(texts.tolist(), filled_answers(answers), reading, rows), names=targets)
    return replace(of_columns(frame, answers, reading, rows, list(held)), names=targets)


def filled_answers(answers: Any) -> Array:
    """Answers as an array; pandas' own gaps become None or NaN."""
    array = np.asarray(answers)
    return (
        array if array.dtype.kind != "O" else np.array([None if value != value else value for value in array], object)
    )


def numbers_of(column: Any, name: str) -> Array:
    array = np.asarray(column)
    if array.dtype.kind not in "biuf":
        raise BadInput(
            f"column {name!r} is one of several that are predicted, and holds {array.dtype}. Numbers, or 0 and 1, were "
            "expected. Encode it, or predict it alone.",
            column=name,
        )
    return array.astype(np.float64) if array.dtype.kind == "f" else array.astype(np.int64)


def of_columns(
    frame: Any, answers: Any, reading: Reading, rows: Mapping[Part, Array], aside: Sequence[str] = ()
) -> Read:
    """The columns of a table that are read, `aside` not among them, and an answer for each row."""
    chosen = reading.inputs.columns if isinstance(reading.inputs, Table) else reading.columns
    names = [str(n) for n in frame.columns if str(n) not in aside] if chosen is None else list(chosen)
    both = [name for name in names if name in aside]
    if both or not names:
        what = f"name {both[0]!r}, which says the answer or the part" if both else "are none"
        raise BadSetting(
            f"columns={names!r} {what}. Columns that the answer is to be read off were expected. Correct columns=.",
            setting="columns",
        )
    held = {name: cleared(column, reading.blanks) for name, column in columns_of(frame, names).items()}
    if not len(frame):
        raise BadInput("the table has no rows. A row for each example was expected. Check the file.")
    gaps = {name: int(column.isna().sum()) for name, column in held.items()}
    gaps = {name: count for name, count in gaps.items() if count}
    if gaps and reading.missing == "refuse":
        refuse_gaps(held, gaps)
    return Read(filled_answers(answers), lambda train: made(held, gaps, train, reading), rows)


def columns_of(frame: Any, names: Sequence[str]) -> Columns:
    """Columns by name, whatever kind of names the table has.

    Raises BadInput for a column that is not there, or there twice.
    """
    keys: dict[str, list[Any]] = {}
    for key in frame.columns:
        keys.setdefault(str(key), []).append(key)
    for name in names:
        if len(keys.get(name, ())) != 1:
            count = len(keys.get(name, ()))
            raise BadInput(
                f"the table has {count or 'no'} column{'s' * (count > 1)} {name!r}. "
                f"{near(name, keys) if not count else ''}Columns are: {first(list(keys), 12)}. Name one of them, or "
                "rename it.",
                column=name,
            )
    return {name: frame[keys[name][0]] for name in names}


def cleared(column: Any, blanks: Sequence[str]) -> Any:
    """A column without the texts that stand for nothing; numbers that are left are numbers."""
    array = np.asarray(column)
    if not blanks or array.dtype.kind in "biuf":
        return column
    words = np.array([isinstance(value, str) and value.strip() in blanks for value in array])
    if not words.any():
        return column
    kept = column.astype(object).mask(words)
    try:
        return kept.astype(np.float64)
    except (TypeError, ValueError):
        return kept


def refuse_gaps(held: Columns, gaps: Mapping[str, int]) -> None:
    name, count = next(iter(gaps.items()))
    row = int(np.asarray(held[name].isna()).argmax())
    more = f", and {len(gaps) - 1} more columns have some" if len(gaps) > 1 else ""
    raise BadInput(
        f"column {name!r} has {count} missing values, the first in row {row}{more}. A value in every row was expected. "
        "Fill or drop them, or say missing='fill' (--missing fill): the median, and a category of their own.",
        column=name,
        columns=list(gaps),
    )


def made(held: Columns, gaps: Mapping[str, int], train: Array, reading: Reading) -> Made:
    """(rows, features) float32; means, deviations and medians are those of the training rows."""
    fills = {name: fill_of(held[name], train) for name in gaps}
    whole = {name: filled(column, fills[name]) if name in fills else column for name, column in held.items()}
    table = reading.inputs if isinstance(reading.inputs, Table) else learnt(whole, train, reading.standardise)
    source: dict[str, Any] = {"kind": "table", "missing": dict(gaps), "filled": fills}
    strange = {name: unseen(whole[name], train) for name in table.categories}
    source["unseen"] = {name: values for name, values in strange.items() if values}
    return Made(table.numbers(whole).astype(np.float32), table, source)


def is_text(column: Any) -> bool:
    """Whether a column holds categories: texts, or what pandas calls so."""
    array = np.asarray(column)
    return hasattr(column.dtype, "categories") or (
        array.dtype.kind == "O" and any(isinstance(value, str) for value in array)
    )


def fill_of(column: Any, train: Array) -> Any:
    """What stands for missing values: the median of the training rows, or a category of their own."""
    if is_text(column):
        return FILLED
    known = column.iloc[train].dropna()
    return float(known.median()) if len(known) else 0.0


def filled(column: Any, value: Any) -> Any:
    if hasattr(column.dtype, "categories"):
        column = column if value in column.dtype.categories else column.cat.add_categories(value)
    return column.fillna(value)


def learnt(held: Columns, train: Array, standardise: bool) -> Table:
    """Categories, means and deviations are those of the training rows; categories that only others have are zeros.

    A place of their own would add a weight that nothing has taught.

    Raises BadInput for a column whose texts are no categories.
    """
    for name, column in held.items():
        refuse_words(name, column)
    known = Table.of({name: column.iloc[train] for name, column in held.items()}, standardise=standardise)
    others = {name: set(held[name].tolist()) - set(own) for name, own in known.categories.items()}
    return replace(known, unseen={name: sorted(some, key=str) for name, some in others.items() if some})


def refuse_words(name: str, column: Any) -> None:
    """Raise BadInput where almost every row has a text of its own."""
    if not is_text(column):
        return
    different = column.nunique()
    if different > MOST or (different > 20 and different > len(column) / 2):
        raise BadInput(
            f"column {name!r} holds {different} different texts in {len(column)} rows. A few categories were expected. "
            f"Leave it out with columns=, or read it as text with text={name!r}.",
            column=name,
        )


def unseen(column: Any, train: Array) -> list[str]:
    """Categories that no training row has."""
    known = set(column.iloc[train].tolist())
    return sorted({str(value) for value in column.tolist() if value not in known})
