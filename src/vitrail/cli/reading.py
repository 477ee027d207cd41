"""The flags that say how people's data are read, and what `vitrail.data` is told by them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vitrail.cli import read

READING = "How the data are read"

DATA = Annotated[
    str, typer.Argument(help="a .csv or .parquet, an .npz of x and y, or a folder with a folder for each class")
]
TARGET = Annotated[
    str | None,
    typer.Option("--target", metavar="COLUMN", help="the column of a table that is predicted; A,B for several"),
]
TASK = Annotated[
    str,
    typer.Option(
        "--task", metavar="TASK", help="auto, binary, multiclass, multilabel or regression", rich_help_panel=READING
    ),
]
VALIDATION = Annotated[
    float | None,
    typer.Option(
        "--validation", metavar="SHARE", help="of the examples, held out to choose by [0.1]", rich_help_panel=READING
    ),
]
TEST = Annotated[
    float | None,
    typer.Option("--test", metavar="SHARE", help="of the examples, held out to test on [0.2]", rich_help_panel=READING),
]
SIZE = Annotated[
    str | None,
    typer.Option("--size", metavar="H,W", help="height and width of pictures in pixels", rich_help_panel=READING),
]
MISSING = Annotated[
    str | None,
    typer.Option(
        "--missing", metavar="refuse|fill", help="values that are missing in a table", rich_help_panel=READING
    ),
]
BLANKS = Annotated[
    str | None,
    typer.Option("--blanks", metavar="A,B,...", help="texts that stand for a missing value", rich_help_panel=READING),
]
COLUMNS = Annotated[
    str | None,
    typer.Option("--columns", metavar="A,B,...", help="the columns of a table that are read", rich_help_panel=READING),
]
SPLIT = Annotated[
    str | None, typer.Option("--split", metavar="COLUMN", help="the column that says the part", rich_help_panel=READING)
]
TEXT = Annotated[
    str | None,
    typer.Option("--text", metavar="COLUMN", help="the column of a table that holds texts", rich_help_panel=READING),
]
TOKENIZER = Annotated[
    Path | None,
    typer.Option(
        "--tokenizer",
        metavar="FOLDER",
        help="a saved tokenizer, for texts; a folder with an encoder has one [taught on the training texts]",
        rich_help_panel=READING,
    ),
]
VOCABULARY = Annotated[
    int | None,
    typer.Option("--vocabulary", metavar="N", help="tokens that are taught at most [8000]", rich_help_panel=READING),
]
MAX_LENGTH = Annotated[
    int | None,
    typer.Option(
        "--max-length", metavar="N", help="tokens of a text that are read at most [128]", rich_help_panel=READING
    ),
]
SKIP = Annotated[
    bool, typer.Option("--skip-broken", help="leave pictures out that cannot be read", rich_help_panel=READING)
]


def columns_of(target: str | None) -> Any:
    """One column, or several parted by commas."""
    names = [] if target is None else [name.strip() for name in target.split(",")]
    return names if len(names) > 1 else target


def reading(**given: Any) -> dict[str, Any]:
    """What was said about how data are read; what was not is left to `vitrail.data`."""
    said = {name: value for name, value in given.items() if value not in (None, False, "auto")}
    if "size" in said:
        sides = [int(side) for side in read.numbers(said["size"], "--size")]
        said["size"] = tuple(sides) if len(sides) > 1 else (sides[0], sides[0])
    for name in ("columns", "blanks"):
        if name in said:
            said[name] = [part.strip() for part in said[name].split(",")]
    return said
