"""Columns of a table: what they hold, how they go together, and whether one of them gives the answer away."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitrail.explanation import Array
from vitrail.inputs.table import Table
from vitrail.train.data import Data

ROWS = 5000  #: training and test examples that a leak is looked for in
LEAVES = 64  #: of the tree that asks one column
BINS = 20
BLANKS = ("", "?", "-", "na", "n/a", "nan", "none", "null", "unknown", "missing", "not available")


@dataclass(frozen=True, eq=False)
class Columns:
    """A table in the user's own units.

    names       of the columns
    values      (n, columns): numbers, and codes of categories
    categories  (columns) the names of the codes; nothing for numbers
    """

    names: Sequence[str]
    values: Array
    categories: Sequence[Sequence[str]]


def columns_of(data: Data) -> Columns:
    """The columns before they were scaled and spread; those of plain arrays are called by their numbers."""
    if isinstance(data.modality, Table) and data.x.ndim == 2:
        table = data.modality
        known = [table.named.get(name, []) for name in table.columns]
        values = table.decoded(data.x)
        for i, name in enumerate(table.columns):
            if name in table.std:
                values[:, i] = tidy(values[:, i], table.std[name])
        return Columns(list(table.columns), values, known)
    flat = data.x.reshape(len(data.x), -1)
    return Columns([str(i) for i in range(flat.shape[1])], flat, [()] * flat.shape[1])


def tidy(values: Array, std: float) -> Array:
    """Numbers as they were before they became 32 bits: to a millionth of their deviation, and no -0."""
    return np.asarray(values.round(6 - int(np.ceil(np.log10(std)))) + 0.0)


def answers_in(data: Data) -> Columns:
    """What is predicted, as columns."""
    if data.task in ("binary", "multiclass"):
        return Columns([str(data.source.get("target", "answer"))], data.y[:, None].astype(np.float64), [data.classes])
    y = data.y.reshape(len(data.y), -1).astype(np.float64)
    names = list(data.classes) if len(data.classes) == y.shape[1] else [f"answer {i}" for i in range(y.shape[1])]
    return Columns(names, y, [()] * y.shape[1])


def together(a: Array, b: Array, a_many: int, b_many: int) -> float:
    """How two columns go together: Pearson's r of numbers, Cramer's V of categories, eta of one of each.

        V = sqrt(chi2 / (n (min(rows, columns) - 1))),   eta = sqrt(variance between categories / variance)

    a_many, b_many   how many categories; 0 for numbers

    From -1 to 1 for numbers, from 0 to 1 else; 0 where a column is constant.   [1]

    [1] Cramer, "Mathematical Methods of Statistics", 1946, section 21.9
    """
    if a_many and b_many:
        return cramer(a.astype(int), b.astype(int), a_many, b_many)
    if a_many or b_many:
        return eta(a.astype(int), b, a_many) if a_many else eta(b.astype(int), a, b_many)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def cramer(a: Array, b: Array, a_many: int, b_many: int) -> float:
    seen = np.bincount(a * b_many + b, minlength=a_many * b_many).reshape(a_many, b_many).astype(np.float64)
    seen = seen[seen.sum(1) > 0][:, seen.sum(0) > 0]
    least = min(seen.shape) - 1
    if least < 1:
        return 0.0
    expected = seen.sum(1, keepdims=True) * seen.sum(0, keepdims=True) / seen.sum()
    return float(np.sqrt((np.square(seen - expected) / expected).sum() / (seen.sum() * least)))


def eta(codes: Array, numbers: Array, many: int) -> float:
    whole = float(np.square(numbers - numbers.mean()).sum())
    count = np.bincount(codes, minlength=many)
    mean = np.bincount(codes, numbers, many) / np.maximum(count, 1)
    return float(np.sqrt((count * np.square(mean - numbers.mean())).sum() / whole)) if whole > 0 else 0.0


def correlations(table: Columns) -> Array:
    """(columns, columns) of `together`."""
    many = [len(known) for known in table.categories]
    found = np.eye(len(table.names))
    for i in range(len(many)):
        for j in range(i):
            found[i, j] = found[j, i] = together(table.values[:, i], table.values[:, j], many[i], many[j])
    return found


def histograms(values: Array, bins: int = BINS) -> tuple[Array, Array]:
    """(columns, bins) counts and (columns, bins + 1) edges."""
    drawn = [np.histogram(column.astype(np.float64), bins) for column in values.T]
    return np.stack([count for count, _ in drawn]), np.stack([edges for _, edges in drawn])


def told_by(column: Array, data: Data, output: int = 0) -> float:
    """How well one column alone tells the answer, on test examples: a tree of at most 64 leaves.

    The mean over the classes of the share that is read rightly; R squared for quantities. 0 where it tells nothing.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    train, test = (thinned(data.rows[part]) for part in ("train", "test"))
    y = data.y.reshape(len(data.y), -1)[:, output]
    regresses = data.task == "regression"
    tree = (DecisionTreeRegressor if regresses else DecisionTreeClassifier)(max_leaf_nodes=LEAVES, random_state=0)
    said, truth = tree.fit(column[train, None], y[train]).predict(column[test, None]), y[test]
    if regresses:
        spread = float(np.square(truth - truth.mean()).sum())
        return 1 - float(np.square(truth - said).sum()) / spread if spread > 0 else 0.0
    return float(np.mean([(said[truth == value] == value).mean() for value in np.unique(truth)]))


def thinned(rows: Array, most: int = ROWS) -> Array:
    """At most so many rows, at even distances."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def looks_blank(name: str) -> bool:
    """Whether a category looks like a missing value."""
    return name.strip().casefold() in BLANKS
