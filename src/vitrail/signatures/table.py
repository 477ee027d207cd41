"""The table of signatures and the flow between their columns, counted by DuckDB over Parquet or over arrays."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from vitrail.errors import BadSetting
from vitrail.explanation import Array

#: view -> whether it keeps the input class, and the output class
VIEWS = {"all": (True, True), "input": (True, False), "output": (False, True), "signature": (False, False)}
UNKNOWN = -1  #: the class of an example that has none, and of one in a view that leaves classes out


def as_table(label: Array, clusters: Array, predicted: Array) -> pa.Table:
    """One row for each example: input class, c0, c1, ... the cluster at each layer, output class."""
    between = {f"c{i}": narrowed(column) for i, column in enumerate(clusters.T)}
    return pa.table({"input": narrowed(label), **between, "output": narrowed(predicted)})


def narrowed(column: Array) -> Array:
    """Whole numbers in 16 bits where they fit: DuckDB groups by them twice as fast."""
    small = column.size == 0 or (column.min() >= -(2**15) and column.max() < 2**15)
    return np.ascontiguousarray(column.astype(np.int16 if small else np.int32))


def counted(source: pa.Table | Path, layers: int, view: str = "all", where: Sequence[tuple[str, int]] = ()) -> Array:
    """(paths, layers + 3) int64: input class, cluster at each layer, output class, count; largest counts first.

    source  what `as_table` gives, or a Parquet file with these columns
    view    what examples are put together by: "all" (input class, signature, output class), "input" (without the
            output class), "output" (without the input class), "signature"
    where   (column, value) that examples must have
    """
    clusters = [f"c{i}" for i in range(layers)]
    first, last = VIEWS[view]
    columns = [*(["input"] if first else []), *clusters, *(["output"] if last else [])]
    named = [name if name in columns else f"{UNKNOWN} AS {name}" for name in ("input", *clusters, "output")]
    kept = " AND ".join(f"{name} = {int(value)}" for name, value in where)
    got = ask(
        f"SELECT {', '.join(named)}, count(*) AS count FROM source {'WHERE ' + kept if kept else ''} "
        f"GROUP BY {', '.join(columns)} ORDER BY count DESC, {', '.join(columns)}",
        source,
    )
    return np.stack([np.asarray(got[name], np.int64) for name in ("input", *clusters, "output", "count")], 1)


def ask(query: str, source: pa.Table | Path) -> Any:
    """The answer of DuckDB as arrays by name; `source` in the query is a table or a Parquet file."""
    import duckdb

    with duckdb.connect() as connection:
        if isinstance(source, Path):
            connection.read_parquet(str(source)).create_view("source")
        else:
            connection.register("source", source)
        return connection.execute(query).fetchnumpy()


def links(paths: Array) -> Array:
    """(links, 5) int64: column, source, target, input class, count; every two neighbouring columns of a table "all".

    Without any label the input class has no links. Links come in the order of these numbers.
    """
    if not len(paths):
        return np.zeros((0, 5), np.int64)
    first = 0 if (paths[:, 0] != UNKNOWN).any() else 1
    return np.concatenate([summed(i, paths[:, [i, i + 1, 0, -1]]) for i in range(first, paths.shape[1] - 2)])


def seen_in(view: str, links: Array, layers: int) -> Array:
    """The links between the columns that a view keeps."""
    first, last = VIEWS[view]
    kept = ((links[:, 0] > 0) | first) & ((links[:, 0] < layers) | last)
    return links[kept]


def summed(column: int, rows: Array) -> Array:
    """(links, 5) the counts of equal (source, target, class) added up."""
    sizes = rows[:, :3].max(0) + 2  # with room for UNKNOWN
    flat, back = np.unique(np.ravel_multi_index(tuple(rows[:, :3].T + 1), tuple(sizes)), return_inverse=True)
    keys = np.stack(np.unravel_index(flat, tuple(sizes)), 1) - 1
    counts = np.bincount(back, rows[:, 3], len(flat)).astype(np.int64)
    return np.column_stack([np.full(len(flat), column), keys, counts])


def refuse_view(view: object) -> None:
    if view not in VIEWS:
        raise BadSetting(f"no view named {view!r}. Views are: {', '.join(VIEWS)}. Choose one.", view=view)
