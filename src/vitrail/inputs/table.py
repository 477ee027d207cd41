"""How the columns of a table become numbers for one network: said once, when the model is opened."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from vitrail.errors import BadInput, BadSetting, first, near
from vitrail.inputs.modality import refuse_unfit

Array = np.ndarray[Any, Any]
Encoding = Literal["one-hot", "codes"]


@dataclass(frozen=True)
class Table:
    """Columns, in the order in which the network reads them; tables go in as they are, with their own names.

    A column with categories becomes one column of 0 and 1 for each of them, in their order, at its own place; methods
    over players take these as one player again. All others are numbers. Columns that a table has besides, such as an
    identifier or the truth, are left aside.

    columns      their names in the table
    categories   column -> its categories, for columns of texts or codes
    mean         column -> what is taken off its numbers
    std          column -> what they are then divided by, above 0
    encode       "one-hot"; or "codes": a category is its number from 0, for networks with embeddings, and for trees
    unseen       column -> categories that the network never learnt from and that are read all the same, as 0 in every
                 place of the column, with "one-hot"; any other that is not known is refused

    Raises BadSetting for what does not fit together.
    """

    columns: Sequence[str]
    categories: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    mean: Mapping[str, float] = field(default_factory=dict)
    std: Mapping[str, float] = field(default_factory=dict)
    encode: Encoding = "one-hot"
    unseen: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [] if isinstance(self.columns, str) else list(self.columns)
        refuse_unfit(bool(names) and not _twice(names), "columns", self.columns, "a list of names, each of them once,")
        refuse_unfit(self.encode in get_args(Encoding), "encode", self.encode, '"one-hot" or "codes"')
        for setting in ("categories", "mean", "std"):
            given = getattr(self, setting)
            refuse_unfit(isinstance(given, Mapping), setting, given, "a dict by column")
            for column, value in given.items():
                _refuse_strange(setting, column, self.columns, self.categories)
                _refuse_value(setting, column, value)
        for column, values in self.unseen.items():
            fits = self._spread(column) and len(values) > 0 and not set(values) & set(self.categories[column])
            refuse_unfit(fits, f"unseen[{column!r}]", values, 'categories of a "one-hot" column beside those it has')

    @staticmethod
    def of(
        frame: Any, *, columns: Sequence[str] | None = None, standardise: bool = False, encode: Encoding = "one-hot"
    ) -> "Table":
        """What a table that the network was trained on says: its columns, categories, and mean and deviation.

        Columns of texts and pandas' categories have categories: in the order that pandas knows, else sorted.

        frame         the table without the column that is predicted, or say which columns are read:
        columns       their names; None for all
        standardise   learn the mean and the standard deviation of the other columns; a constant one is divided by 1

        Raises BadInput for values that are missing, and for a column that is not there.
        """
        own = _own_names(frame)
        names = list(own) if columns is None else list(columns)
        spec = Table(names, encode=encode)
        held = {name: frame[spec.found(own, name)] for name in names}
        categories = {name: _learnt(column, name) for name, column in held.items() if _is_category(column)}
        numbers = {n: _numeric(column, n).astype(np.float64) for n, column in held.items() if n not in categories}
        mean = {n: float(v.mean()) for n, v in numbers.items()} if standardise else {}
        std = {n: float(v.std()) or 1.0 for n, v in numbers.items()} if standardise else {}
        return Table(names, categories, mean, std, encode)

    @property
    def features(self) -> list[str]:
        """The names of what the network reads: "age", "work=private", "work=public", ..."""
        return [f"{n}={v}" if self._spread(n) else n for n in self.columns for v in self._parts(n)]

    @property
    def groups(self) -> list[int]:
        """For each of `features` the number of the column that it belongs to."""
        return [i for i, name in enumerate(self.columns) for _ in self._parts(name)]

    @property
    def named(self) -> dict[str, list[str]]:
        """For each column of categories the names of its codes, the last one for all that are unseen."""
        unseen = {name: [" or ".join(map(str, some))] for name, some in self.unseen.items()}
        return {name: [*map(str, known), *unseen.get(name, [])] for name, known in self.categories.items()}

    @property
    def joins(self) -> bool:
        """Whether some features belong together."""
        return any(map(self._spread, self.columns))

    @property
    def plain(self) -> bool:
        """Whether the network reads what stands in the table."""
        return not (self.categories or self.mean or self.std)

    def _spread(self, name: str) -> bool:
        return name in self.categories and self.encode == "one-hot"

    def _parts(self, name: str) -> Sequence[Any]:
        return self.categories[name] if self._spread(name) else (name,)

    def read(self, frame: Any) -> Array:
        """(row, column) out of a DataFrame, or a dict of columns: numbers as they are, categories as codes.

        Columns are found by name, whatever their order.

        Raises BadInput for a column that is missing, stands there twice, holds no finite numbers, or a category that
        is not known.
        """
        own = _own_names(frame)
        columns = [self._column(frame[self.found(own, name)], name) for name in self.columns]
        try:
            return np.stack(np.broadcast_arrays(*columns), 1)
        except ValueError as error:
            long = {name: len(column) for name, column in zip(self.columns, columns, strict=True)}
            raise BadInput(
                f"the columns are of different lengths: {long}. One length was expected. Cut them."
            ) from error

    def encoded(self, raw: Array) -> Array:
        """(row, feature) as the network reads it, from (row, column) as `read` gives it."""
        return np.concatenate([self._encoded(raw[:, i], name) for i, name in enumerate(self.columns)], 1)

    def decoded(self, numbers: Array) -> Array:
        """(row, column) from (row, feature): the way back of `encoded`; NaN where no category, or several, are on."""
        ends = np.cumsum([len(self._parts(name)) for name in self.columns])[:-1]
        pieces = np.split(np.asarray(numbers, np.float64), ends, axis=1)
        return np.stack([self._decoded(piece, name) for piece, name in zip(pieces, self.columns, strict=True)], 1)

    def numbers(self, frame: Any) -> Array:
        """(row, feature) as the network reads it, out of a DataFrame or a dict of columns; raises as `read` does."""
        return self.encoded(self.read(frame))

    def found(self, own: Mapping[str, list[Any]], name: str) -> Any:
        """The key under which the table holds a column."""
        if len(own.get(name, ())) == 1:
            return own[name][0]
        raise _no_column(name, own, self.columns)

    def _column(self, column: Any, name: str) -> Array:
        if name in self.categories:
            return _codes(column, name, self.categories[name], self.unseen.get(name, ()))
        return _numeric(column, name)

    def _encoded(self, raw: Array, name: str) -> Array:
        if self._spread(name):
            return np.asarray(raw[:, None] == np.arange(len(self.categories[name])), np.float64)
        if name in self.mean or name in self.std:
            raw = (raw - self.mean.get(name, 0.0)) / self.std.get(name, 1.0)
        return np.asarray(raw[:, None])

    def _decoded(self, piece: Array, name: str) -> Array:
        if self._spread(name):
            alone = ((piece == 1).sum(1) == 1) & ((piece == 0).sum(1) == piece.shape[1] - 1)
            none = float(piece.shape[1]) if self.unseen.get(name) else np.nan
            return np.where(alone, piece.argmax(1), np.where((piece == 0).all(1), none, np.nan))
        return np.asarray(piece[:, 0] * self.std.get(name, 1.0) + self.mean.get(name, 0.0))


def _twice(names: Sequence[Any]) -> list[Any]:
    return [name for name, times in Counter(names).items() if times > 1]


def _refuse_strange(setting: str, column: str, columns: Sequence[str], categories: Mapping[str, Any]) -> None:
    if column not in columns:
        raise BadSetting(
            f"{setting} names a column {column!r} that is not read. {near(column, columns)}Columns are: "
            f"{first(list(columns), 12)}. Rename it, or leave it out.",
            setting=setting,
        )
    if setting != "categories" and column in categories:
        raise BadSetting(
            f"{setting} is given for {column!r}, which has categories. Categories are not scaled. Leave it out.",
            setting=setting,
        )


def _refuse_value(setting: str, column: str, value: Any) -> None:
    name = f"{setting}[{column!r}]"
    if setting == "categories":
        several = not isinstance(value, str) and np.ndim(np.asarray(value, dtype=object)) == 1
        refuse_unfit(several and len(value) > 0 and not _twice(list(value)), name, value, "a list of different values")
    else:
        number = isinstance(value, int | float | np.number) and bool(np.isfinite(value))
        refuse_unfit(number and (setting == "mean" or value > 0), name, value, "a finite number, positive for std,")


def _own_names(frame: Any) -> dict[str, list[Any]]:
    """Each name as text -> the keys that read so."""
    own: dict[str, list[Any]] = {}
    for key in frame if isinstance(frame, Mapping) else frame.columns:
        own.setdefault(str(key), []).append(key)
    return own


def _no_column(name: str, own: Mapping[str, list[Any]], wanted: Sequence[str]) -> BadInput:
    if name in own:
        return BadInput(
            f"the table has {len(own[name])} columns named {name!r}. One was expected. Rename or drop the others."
        )
    return BadInput(
        f"the table has no column {name!r}. {near(name, own)}The model reads: {', '.join(wanted)}. "
        "Add or rename columns.",
        column=name,
    )


def _objects(column: Any) -> list[Any]:
    """The values of one column, or the one value, as Python sees them."""
    values: list[Any] = np.atleast_1d(np.asarray(column, dtype=object)).tolist()
    return values


def _is_category(column: Any) -> bool:
    """Whether a column of a training table holds texts, or pandas' categories."""
    if hasattr(getattr(column, "dtype", None), "categories"):
        return True
    return np.asarray(column).dtype.kind in "OUT" and any(isinstance(value, str) for value in _objects(column))


def _learnt(column: Any, name: str) -> list[Any]:
    """The categories of a column: those that pandas knows in its order, else all values sorted."""
    values = _objects(column)
    _refuse_missing(values, name)
    known = getattr(getattr(column, "dtype", None), "categories", None)
    return list(known.tolist()) if known is not None else sorted(set(values), key=str)


def _refuse_missing(values: Sequence[Any], name: str) -> None:
    rows = [i for i, value in enumerate(values) if _is_missing(value)]
    if rows:
        raise BadInput(
            f"column {name!r} has {len(rows)} missing values, the first in row {rows[0]}. Categories were expected. "
            f"Fill or drop them, e.g. with a category of their own: frame[{name!r}].fillna('missing').",
            column=name,
        )


def _is_missing(value: Any) -> bool:
    """None, NaN, and what pandas calls NA and NaT."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _codes(column: Any, name: str, categories: Sequence[Any], unseen: Sequence[Any] = ()) -> Array:
    """The number of each value among the categories; that of the unseen is the one behind."""
    values = _objects(column)
    number = dict.fromkeys(unseen, len(categories)) | {category: i for i, category in enumerate(categories)}
    _refuse_missing(values, name)
    for row, value in enumerate(values):
        if not isinstance(value, Hashable) or value not in number:
            raise BadInput(
                f"column {name!r} holds {value!r} in row {row}, which is none of its categories. "
                f"{near(str(value), map(str, categories))}Categories are: {first([repr(c) for c in categories], 12)}. "
                "Map it to one of them, or leave the row out.",
                column=name,
                value=value,
            )
    return np.array([number[value] for value in values], np.float64)


def _numeric(column: Any, name: str) -> Array:
    """One column as numbers; the nullable types of pandas too, if nothing is missing."""
    array = np.atleast_1d(np.asarray(column))
    if array.dtype.kind == "O" and getattr(getattr(column, "dtype", None), "kind", "O") in "iufb":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if array.dtype.kind not in "iufb" or array.ndim != 1:
        raise BadInput(
            f"column {name!r} holds no numbers, but {_kind(column, array)}. Numeric columns were expected. Encode it "
            "first, or say its categories when opening: vitrail.open(..., inputs=vitrail.Table.of(training_table)).",
            column=name,
        )
    if not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0, 0])
        raise BadInput(
            f"column {name!r} holds {int((~np.isfinite(array)).sum())} missing or infinite values, the first in row "
            f"{row}. Finite numbers were expected. Fill or drop them, e.g. frame.fillna(frame.median()).",
            column=name,
        )
    return array


def _kind(column: Any, array: Array) -> str:
    shown = f" such as {array.flat[0]!r}" if array.size else ""
    return f"{getattr(column, 'dtype', array.dtype)}{shown}"
