"""How people's data are read: the settings of `data_of`, checked once, and what every reader gives."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from vitrail.errors import BadSetting, near
from vitrail.explanation import Array
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table
from vitrail.train.data import Part
from vitrail.train.recipe import Task

Missing = Literal["refuse", "fill"]
TASKS = ("auto", *get_args(Task))
#: a part of the data -> what people call it, in any case
CALLED: dict[Part, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
PART_OF: dict[str, Part] = {name: part for part, names in CALLED.items() for name in names}


@dataclass(frozen=True)
class Reading:
    """The settings of `data_of`, which explains them; raises BadSetting for what is out of range."""

    task: str = "auto"
    inputs: Images | Table | Text | None = None
    classes: Sequence[str] = ()
    validation: float = 0.1
    test: float = 0.2
    seed: int = 0
    columns: Sequence[str] | None = None
    split: str | None = None
    missing: Missing = "refuse"
    blanks: Sequence[str] = ()
    standardise: bool = True
    size: Any = None
    mode: str | None = None
    skip_broken: bool = False
    cache: str | os.PathLike[str] | None = None
    text: str | None = None
    tokenizer: Any = None
    vocabulary: int = 8000
    max_length: int = 128

    def __post_init__(self) -> None:
        for name, known in (("task", TASKS), ("missing", get_args(Missing)), ("mode", (None, "RGB", "L"))):
            if getattr(self, name) not in known:
                raise BadSetting(
                    f"{name}={getattr(self, name)!r} is not known. "
                    f"{near(str(getattr(self, name)), map(str, known))}One of {', '.join(map(repr, known))} was "
                    "expected. Choose one.",
                    setting=name,
                )
        shares = (self.validation, self.test)
        if not (all(0 < share < 1 for share in shares) and sum(shares) < 1):
            raise BadSetting(
                f"validation={self.validation} and test={self.test} are no shares. Two numbers above 0 that leave "
                "something to train on were expected. Use validation=0.1, test=0.2."
            )
        for name in ("columns", "blanks", "classes"):
            if isinstance(getattr(self, name), str):
                raise BadSetting(
                    f"{name}={getattr(self, name)!r} is one text. A list of texts was expected. Write "
                    f"{name}=[{getattr(self, name)!r}].",
                    setting=name,
                )


class Made(NamedTuple):
    """Examples as Data has them, how they were made, and what is to be written down about it."""

    x: Any
    modality: Images | Table | Text | None
    source: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Read:
    """What a reader found, before it is known what the answers mean and which examples are for what.

    answers   one for each example: numbers, texts, or a matrix
    make      the examples, given the rows for training, which alone may say how numbers are scaled
    rows      the parts that the source itself names; the others are drawn
    names     of what is predicted: columns, or classes where `classed`
    """

    answers: Any
    make: Callable[[Array], Made]
    rows: Mapping[Part, Array] = field(default_factory=dict)
    names: Sequence[str] = ()
    classed: bool = False
