"""What is kept of a run beside its answer: the table of signatures, and codes instead of numbers."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from vitrail.explanation import write_whole
from vitrail.signatures import table
from vitrail.signatures.activations import ABOUT, TABLE, Part, as_json
from vitrail.signatures.known import Known
from vitrail.signatures.paths import Paths


@contextmanager
def folder_of(store: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The folder that the user named; else one that is forgotten at the end."""
    if store is not None:
        yield Path(store)
        return
    with tempfile.TemporaryDirectory(prefix="vitrail-signatures-") as made:
        yield Path(made)


def write_table(known: Known) -> None:
    """signatures.parquet: the columns of `table.as_table`, one row for each example."""
    found: pa.Table = table.as_table(known.label, known.clusters, known.predicted)
    known.store.put(found, known.store.folder / TABLE)


def coded(known: Known, paths: Paths) -> None:
    """Each part once more with codes instead of numbers; a store of codes is not fitted again."""
    store = known.store
    for part in store.parts():
        activations = {name: paths.coded(name, array) for name, array in part.activations.items()}
        digest = store.digest(int(part.rows[0]))
        store.write(Part(part.rows, part.logits, activations), digest, "code")
    about = {**store.about, "keep": "code"}
    write_whole(store.folder / ABOUT, as_json(about), overwrite=True)


def finish(known: Known, paths: Paths, keep: str) -> None:
    """The store as it is left for later questions."""
    write_table(known)
    if keep == "code":
        coded(known, paths)
