"""A store of activations: a folder of Parquet files, a part for every few thousand examples, each whole or not there.

    store.json              whose activations these are: the network and its weights, layers, how they were pooled
    part-000000.parquet     row, predicted, logits, and one column for each layer: Arrow tensors of fixed shape
    signatures.parquet      row, label, predicted, and the cluster at each layer; written when they are known

Numbers are kept as float16, or as float32 where a part holds some that float16 cannot; or as the codes of bins.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from vitrail.errors import AlreadyExists, BadInput, CannotOpen
from vitrail.explanation import Array, place, write_whole

FORMAT = "vitrail-activations-1"
ABOUT, TABLE = "store.json", "signatures.parquet"
LARGEST = 65504.0  #: of float16
HELD = 2**28  #: bytes of parts that a store keeps in memory once it has written them
PAGE = 2**26  #: bytes of a Parquet page: large ones are written and read several times as fast
#: what else makes writing quick: values go in by the million, and nobody filters by them
QUICK: dict[str, Any] = {"write_batch_size": 2**20, "use_dictionary": False, "write_statistics": False}
#: facts that say whose activations a store holds, and what they are called when they differ
OURS = {"weights": "another network", "layers": "other layers", "pool": "another way of pooling", "keep": "other types"}
OURS |= {"examples": "another number of examples", "part": "parts of another size"}


@dataclass(frozen=True, eq=False)
class Part:
    """The activations of some neighbouring examples.

    rows         (n,) int64, which examples they are
    logits       (n, outputs) float32, before a final softmax or sigmoid
    activations  layer -> (n, units) float32, or whole numbers where they are codes
    """

    rows: Array
    logits: Array
    activations: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Activations:
    """A folder of activations.

    about  what store.json says
    held   first row -> a part that was just written, as it was stored: the first few hundred megabytes of a run need
           not be read again
    """

    folder: Path
    about: Mapping[str, Any]
    held: dict[int, Part] = field(default_factory=dict)

    @staticmethod
    def open(folder: str | os.PathLike[str]) -> "Activations":
        """The store in a folder.

        Raises CannotOpen when there is none.
        """
        path = Path(folder)
        try:
            about = json.loads((path / ABOUT).read_text())
        except (OSError, ValueError) as error:
            raise CannotOpen(
                f"{str(path)!r} holds no activations ({error}). A folder that vitrail.signatures(..., store=...) wrote "
                "was expected. Check the path."
            ) from error
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise CannotOpen(f"{str(path / ABOUT)!r} is of another format. {FORMAT!r} was expected. Check the path.")
        return Activations(path, about)

    @staticmethod
    def begin(folder: Path, about: Mapping[str, Any], *, overwrite: bool) -> "Activations":
        """A store to be filled: a new one, or one about the same question that was left unfinished.

        Raises BadInput when the folder holds activations of another network or question: nothing is overwritten unless
        that is asked for. AlreadyExists when it is a file, or holds other things.
        """
        about = {"format": FORMAT, **about}
        if (folder / ABOUT).is_file():
            found = Activations.open(folder)
            differing = [name for name in OURS if found.about.get(name) != about[name]]
            if not differing:
                return found
            if not overwrite:
                raise strange(found, about, differing[0])
            found.clear()
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise AlreadyExists(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / ABOUT, as_json(about))
        return Activations(folder, about)

    @property
    def layers(self) -> list[str]:
        return list(self.about["layers"])

    @property
    def starts(self) -> range:
        """The first row of each part."""
        return range(0, self.about["examples"], self.about["part"])

    def rows(self, start: int) -> Array:
        """The rows of the part that begins at `start`."""
        return np.arange(start, min(start + self.about["part"], self.about["examples"]))

    def path(self, start: int) -> Path:
        return self.folder / f"part-{start // self.about['part']:06d}.parquet"

    def has(self, start: int, digest: str) -> bool:
        """Whether a part is there already.

        Raises BadInput when it is there and was made from other examples.
        """
        path = self.path(start)
        if not path.is_file():
            return False
        if self.digest(start) == digest:
            return True
        raise BadInput(
            f"{str(path)!r} holds the activations of other examples than x[{start}:]. The same examples in the same "
            "order were expected. Nothing was overwritten. Choose another folder, or say overwrite=True."
        )

    def digest(self, start: int) -> str:
        """The hash of the examples that a part was made from."""
        return (pq.read_schema(self.path(start)).metadata or {}).get(b"examples", b"").decode()  # type: ignore[no-any-return]

    def write(self, part: Part, digest: str, keep: str) -> None:
        """One part, whole or not at all."""
        stored = {name: kept(array, keep) for name, array in part.activations.items()}
        columns = {name: column(array) for name, array in stored.items()}
        table = pa.table({"row": part.rows, "logits": column(part.logits), **columns})
        start = int(part.rows[0])
        self.held.pop(start, None)
        self.put(table.replace_schema_metadata({"examples": digest}), self.path(start))
        if sum(map(size, self.held.values())) + table.nbytes <= HELD:
            self.held[start] = Part(part.rows, part.logits, stored)

    def put(self, table: pa.Table, path: Path) -> None:
        """Beside, then renamed."""
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=f".{path.name}.")
        os.close(handle)
        try:
            pq.write_table(table, name, compression="lz4", data_page_size=PAGE, **QUICK)
            Path(name).chmod(0o644)
            place(Path(name), path, overwrite=True)
        finally:
            Path(name).unlink(missing_ok=True)

    def parts(self, layers: Sequence[str] | None = None, *, logits: bool = True) -> Iterator[Part]:
        """The parts in the order of the examples; only the columns that are asked for are read."""
        names = self.layers if layers is None else list(layers)
        for start in self.starts:
            if start in self.held:
                part = self.held[start]
                yield Part(part.rows, part.logits, {name: widened(part.activations[name]) for name in names})
                continue
            read = pq.read_table(self.path(start), columns=["row", *(["logits"] if logits else []), *names])
            said = tensor(read["logits"]) if logits else np.zeros((len(read), 0), np.float32)
            yield Part(read["row"].to_numpy(), said, {name: tensor(read[name]) for name in names})

    def clear(self) -> None:
        """Remove what this store wrote, and nothing else."""
        for path in (*self.folder.glob("part-*.parquet"), *self.folder.glob(".part-*"), self.folder / TABLE):
            path.unlink(missing_ok=True)
        (self.folder / ABOUT).unlink(missing_ok=True)


def as_json(about: Mapping[str, Any]) -> bytes:
    return json.dumps(about, indent=1).encode()


def strange(found: Activations, about: Mapping[str, Any], name: str) -> BadInput:
    """The folder holds something else."""
    return BadInput(
        f"{str(found.folder)!r} holds activations of {OURS[name]} ({name} {found.about.get(name)!r}, here "
        f"{about[name]!r}). A store about the same question, or a new folder, was expected. Nothing was overwritten. "
        "Choose another folder, or say overwrite=True.",
        differs=name,
    )


def kept(array: Array, keep: str) -> Array:
    """The type in which an array is stored: float16 as far as its numbers fit."""
    if array.dtype.kind in "iu" or keep == "float32" or not fits(array):
        return array
    return rounded(array)


def fits(array: Array) -> bool:
    """Whether float16 can hold these numbers."""
    return not array.size or bool(array.max() <= LARGEST and array.min() >= -LARGEST)


def rounded(array: Array) -> Array:
    """float16: half the space, three digits. By torch, which is several times as fast at this as numpy."""
    return torch.from_numpy(np.ascontiguousarray(array)).half().numpy()


def column(array: Array) -> Any:
    """(n, units) as an Arrow tensor of fixed shape."""
    return pa.FixedShapeTensorArray.from_numpy_ndarray(np.ascontiguousarray(array))


def tensor(column: Any) -> Array:
    """(n, units) back out of Arrow: numbers as float32, codes as they are."""
    return widened(np.concatenate([chunk.to_numpy_ndarray() for chunk in column.chunks]))


def widened(array: Array) -> Array:
    return torch.from_numpy(array).float().numpy() if array.dtype == np.float16 else array


def size(part: Part) -> int:
    """Bytes."""
    return sum(array.nbytes for array in (part.logits, *part.activations.values()))
