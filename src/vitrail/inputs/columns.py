"""The columns of networks that bring their own: ensembles of trees know their names, categories and missing values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vitrail.errors import BadInput, BadSetting, first, near
from vitrail.inputs.numbers import Array
from vitrail.model import Model, Packed
from vitrail.model.packed import Feed
from vitrail.model.trees import Columns


def brings_columns(model: Model) -> bool:
    """Whether a model knows its columns itself, and nobody said otherwise when it was opened."""
    return isinstance(getattr(model.network, "columns", None), Columns) and model.modality is None


def pack_columns(model: Model, x: Any) -> Packed:
    """(row, column) out of a DataFrame, a dict of columns, or an array whose columns are in the order of training.

    Columns of a table are found by name. Categories become their codes; NaN stays, where the network takes it.

    Raises BadInput for columns that are missing, unknown or no numbers, and for categories not seen in training.
    """
    columns = model.network.columns  # type: ignore[attr-defined]
    names, numbers = _read(columns, x, model.name)
    tensor = torch.tensor(_checked(numbers, columns, names, model.name), dtype=torch.float64)
    labels: dict[str, Any] = {"feature": names, "player": names} if names else {}
    known = {names[i]: list(map(str, values)) for i, values in columns.categories.items() if names and values}
    shown = {"shown": tensor.numpy().copy()} if known else {}
    return Packed(
        tensor,
        ("batch", "feature"),
        lambda points, _: Feed((points,)),
        lambda values, _: {"values": values},
        {"values": ("batch", "feature")},
        labels | ({"category": known} if known else {}),
        shown,
    )


def background_rows(model: Model, x: Any) -> Tensor:
    """(count, column) the rows of a background, read as x is. Raises BadSetting when there are none."""
    if _is_series(x):
        x = {name: [value] for name, value in dict(x).items()}
    elif np.ndim(x) == 1:
        x = _array(x)[None] if len(x) else x
    if not len(next(iter(x.values()), ()) if isinstance(x, Mapping) else x):
        raise BadSetting(
            "the baseline is a table without rows. At least one row was expected. Give some of the training table."
        )
    return pack_columns(model, x).x


def _is_series(x: Any) -> bool:
    return hasattr(x, "to_frame") and hasattr(x, "index") and not hasattr(x, "columns")


def _read(columns: Columns, x: Any, name: str) -> tuple[list[str], Array]:
    """The names of the columns, and (row, column) numbers."""
    if hasattr(x, "columns") or isinstance(x, Mapping):
        return _of_table(columns, x)
    array = _array(x)
    if array.ndim != 2 or array.shape[1] != columns.count:
        advice = "For a single example use x[None]." if array.ndim == 1 else "Pass the columns of the training data."
        raise BadInput(
            f"x has shape {tuple(array.shape)}. (batch, {columns.count}) was expected: {name} reads that many columns. "
            f"{advice}"
        )
    made = np.empty(array.shape)
    for i in range(columns.count):
        coded = i in columns.categories and not columns.coded
        made[:, i] = _codes(array[:, i], f"column {i}", columns.categories[i]) if coded else _numeric(array[:, i], i)
    return list(columns.names), made


def _array(x: Any) -> Array:
    """x as an array; several examples that are no regular array are refused."""
    try:
        return x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)
    except ValueError as error:
        raise BadInput(
            f"x is no regular array ({error}). Rows of one length were expected. Pass a DataFrame or an array."
        ) from error


def _of_table(columns: Columns, table: Any) -> tuple[list[str], Array]:
    there = list(map(str, table if isinstance(table, Mapping) else table.columns))
    wanted = _spelt(columns.names, there) or there
    _check_names(columns, there, wanted)
    held = dict(zip(there, table if isinstance(table, Mapping) else table.columns, strict=True))
    read = []
    for i, name in enumerate(wanted):
        column = table[held[name]]
        if columns.categories.get(i):
            read.append(_codes(column, f"column {name!r}", columns.categories[i]))
        else:
            read.append(_numeric(column, name))
    if len({len(column) for column in read}) > 1:
        raise BadInput("the columns are of different lengths. One length was expected. Cut them.")
    return wanted, np.stack(read, 1)


def _spelt(trained: Sequence[str], there: list[str]) -> list[str]:
    """The names of training as the table has them: LightGBM puts underscores for their spaces."""
    spaced = {name.replace(" ", "_"): name for name in there}
    return [name if name in there else spaced.get(name, name) for name in trained]


def _check_names(columns: Columns, there: list[str], wanted: list[str]) -> None:
    """The table must have the columns of training: each once, and no others."""
    if len(wanted) != columns.count:
        raise BadInput(
            f"the table has {len(wanted)} columns. {columns.count} were expected, in the order of training, which had "
            "no names. Leave out the others."
        )
    twice = [name for name in wanted if there.count(name) > 1]
    if twice:
        raise BadInput(
            f"the table has several columns named {twice[0]!r}. One was expected. Rename or drop the others."
        )
    for name in wanted:
        if name not in there:
            raise BadInput(
                f"the table has no column {name!r}. {near(name, there)}The model was trained on: {first(wanted, 24)}. "
                "Add or rename columns.",
                column=name,
            )
    strange = [name for name in there if name not in wanted]
    if strange:
        raise BadInput(
            f"the table has a column {strange[0]!r} that the model was not trained on. {near(strange[0], wanted)}It "
            f"was trained on: {first(wanted, 24)}. Leave it out: frame.drop(columns={strange!r}).",
            column=strange[0],
        )


def _numeric(column: Any, name: Any) -> Array:
    """One column as numbers, NaN where a value is missing."""
    array = np.asarray(column)
    if array.dtype.kind == "O" and getattr(getattr(column, "dtype", None), "kind", "O") in "iufb":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind == "O" and all(v is None or isinstance(v, int | float | np.number) for v in array.flat):
        array = array.astype(np.float64)
    if array.dtype.kind not in "iufb" or array.ndim != 1:
        given = f" such as {array.flat[0]!r}" if array.size else ""
        raise BadInput(
            f"column {name!r} holds no numbers, but {array.dtype}{given}. Numbers were expected: the categories "
            "that it had in training are not known. Encode it as in training."
        )
    return array.astype(np.float64)


def _codes(column: Any, name: str, known: tuple[Any, ...]) -> Array:
    """(row,) the place of each value among the categories of training; NaN where it is missing."""
    place = {value: i for i, value in enumerate(known)}
    made = np.empty(len(column))
    for row, value in enumerate(np.asarray(column, dtype=object).tolist()):
        gone = value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124  NaN
        if not gone and value not in place:
            raise BadInput(
                f"{name} holds the category {value!r} in row {row}, which was not seen in training. "
                f"{near(str(value), map(str, known))}Known are: {first(list(map(repr, known)), 24)}. Correct it, or "
                "set it to None where the model takes missing values."
            )
        made[row] = np.nan if gone else place[value]
    return made


def _checked(numbers: Array, columns: Columns, names: list[str], model: str) -> Array:
    """The same numbers, NaN for holes: some of them, none infinite, NaN only where it is known, codes that exist."""
    if 0 in numbers.shape:
        raise BadInput(
            f"x is empty: its shape is {numbers.shape}. At least one row was expected. Check how it was made."
        )
    numbers = np.where(numbers == columns.hole, np.nan, numbers)
    called = names or [str(i) for i in range(columns.count)]
    for i, column in enumerate(numbers.T):
        wrong = np.isinf(column) if columns.missing else ~np.isfinite(column)
        if wrong.any():
            kinds = "infinite values" if columns.missing else "missing or infinite values"
            also = "Finite numbers, or NaN for missing ones, were" if columns.missing else "Finite numbers were"
            raise BadInput(
                f"column {called[i]!r} holds {int(wrong.sum())} {kinds}, the first in row {int(wrong.argmax())}. "
                f"{also} expected: {model} takes no others. Fill or drop them."
            )
        if i in columns.categories:
            _check_codes(column, called[i], len(columns.categories[i]))
    return numbers


def _check_codes(column: Array, name: str, count: int) -> None:
    codes = column[~np.isnan(column)]
    wrong = codes[(codes != np.floor(codes)) | (codes < 0) | ((codes >= count) & (count > 0))]
    if len(wrong):
        exist = f"0 to {count - 1}" if count else "whole numbers from 0"
        raise BadInput(
            f"column {name!r} holds the code {wrong[0]:g}. It is a column of categories, whose codes are {exist}. Pass "
            "a DataFrame with the categories themselves, or codes as in training."
        )
