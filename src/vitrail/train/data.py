"""Data to learn from: examples, what is to be learnt about each, and which of them are held out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
TOGETHER = 4096  #: examples that are hashed at once


@dataclass(frozen=True, eq=False)
class Data:
    """Examples with answers, in three parts.

    x         (n, ...): numbers as the network reads them; bytes (n, height, width, channel) of pictures, which become
              numbers batch by batch; or token ids (n, tokens), 0 behind the end
    y         (n,) whole numbers of classes; (n, k) 0 or 1 for several labels; (n,) or (n, k) numbers for regression
    task      "binary", "multiclass", "multilabel" or "regression"
    rows      part -> which examples, "train", "validation" and "test"
    classes   their names, in the order of the numbers; for regression the names of what is predicted
    modality  how tables, pictures or texts became x; None for plain arrays
    source    what it was read from, and what was left out
    """

    x: Array
    y: Array
    task: str
    rows: Mapping[Part, Array]
    classes: tuple[str, ...] = ()
    modality: Images | Table | Text | None = None
    source: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise BadInput(
                f"x holds {len(self.x)} examples, and y {len(self.y)} answers. One for each was expected. Make them as "
                "many."
            )
        for part in PARTS:
            if not len(self.rows.get(part, ())):
                raise BadInput(
                    f"the part {part!r} is empty. Examples to train on, to validate with and to test on were expected. "
                    "Give more examples, or other shares."
                )

    def __len__(self) -> int:
        return len(self.x)

    @property
    def reads(self) -> str:
        """The kind of x: "pictures", "texts", or "table" for all other numbers."""
        return "texts" if isinstance(self.modality, Text) else "pictures" if self.x.ndim == 4 else "table"

    @property
    def outputs(self) -> int:
        """How many units the last layer has."""
        if self.task in ("multilabel", "regression"):
            return int(self.y.shape[1]) if self.y.ndim == 2 else 1
        return 1 if self.task == "binary" else len(self.classes)

    def numbers(self, rows: Array) -> Array:
        """(rows, ...) float32 of examples as the network reads them; ids of tokens stay whole numbers."""
        x = self.x[rows]
        if isinstance(self.modality, Images) and x.dtype == np.uint8:
            return np.asarray(self.modality.numbers(x), np.float32)
        return x if isinstance(self.modality, Text) else np.asarray(x, np.float32)

    def answers(self, rows: Array) -> Array:
        """(rows, k) float32 for sigmoids and numbers, (rows,) whole for classes."""
        y = self.y[rows]
        return y.astype(np.int64) if self.task == "multiclass" else y.reshape(len(y), -1).astype(np.float32)

    def part(self, part: Part) -> tuple[Array, Array]:
        """x and y of a part, as the network reads and answers."""
        return self.numbers(self.rows[part]), self.answers(self.rows[part])

    def batches(self, part: Part, size: int) -> Iterator[tuple[Array, Array]]:
        """The same, a few at a time, in their order."""
        rows = self.rows[part]
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            yield self.numbers(some), self.answers(some)

    def weights(self) -> dict[int, float]:
        """Class -> what an example of it counts so that classes count alike in the training part; 1 on average."""
        counts = np.bincount(self.y[self.rows["train"]].astype(np.int64), minlength=max(2, len(self.classes)))
        return {i: len(self.rows["train"]) / (len(counts) * max(int(n), 1)) for i, n in enumerate(counts)}

    def digest(self) -> str:
        """A hash of all examples, answers and parts."""
        state = hashlib.sha256()
        arrays = {"x": self.x, "y": self.y, **{f"rows/{part}": rows for part, rows in self.rows.items()}}
        for name, array in arrays.items():
            state.update(f"{name} {array.dtype} {array.shape}".encode())
            for start in range(0, len(array), TOGETHER):  # a memory map is never read as a whole
                state.update(np.ascontiguousarray(array[start : start + TOGETHER]).data)
        return state.hexdigest()[:16]


def split(n: int, y: Array | None, shares: Mapping[Part, float], seed: int) -> dict[Part, Array]:
    """Rows for each part, drawn under the seed, class by class in the same shares where y names classes.

    Where a class has a single example, or fewer are held out than there are classes, classes are not looked at.

    shares   of validation and test, where they are to be drawn; the rest is for training

    Raises BadInput for fewer examples than parts.
    """
    drawn = [part for part in reversed(PARTS) if shares.get(part)]
    if n <= len(drawn):
        raise BadInput(
            f"there are {n} examples. One for each part was expected, at least: train, {', '.join(drawn)}. Give more "
            "examples, or name the parts."
        )
    rows: dict[Part, Array] = {"train": np.arange(n), "validation": np.empty(0, int), "test": np.empty(0, int)}
    for later, part in enumerate(drawn, 1 - len(drawn)):
        most = len(rows["train"]) - 1 + later
        held = min(int(np.ceil(shares[part] * n - 1e-9)), most)  # 0.1 of 50 is 5, whatever the last bit says
        rows["train"], rows[part] = cut(rows["train"], y, held, seed)
    return rows


def cut(rows: Array, y: Array | None, held: int, seed: int) -> tuple[Array, Array]:
    """What is kept, and as many as are held out."""
    from sklearn.model_selection import train_test_split

    classes = None if y is None else y[rows]
    if classes is not None:
        counts = np.unique(classes, return_counts=True)[1]
        classes = None if counts.min() < 2 or min(held, len(rows) - held) < len(counts) else classes
    kept, out = train_test_split(rows, test_size=held, random_state=seed % 2**32, stratify=classes)
    return np.sort(kept), np.sort(out)
