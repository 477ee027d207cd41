"""The flags with which every command opens a network, and the Model behind them."""

import importlib.util
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from vitrail.cli import read
from vitrail.errors import BadSetting, CannotOpen, MissingExtra
from vitrail.inputs import Images, Table, open
from vitrail.model import Model

TABLES = "How tables become numbers"
PICTURES = "How pictures become numbers"
OPENING = "How the network is opened"

SOURCE = Annotated[
    str, typer.Argument(help="a .keras, .h5, .pt2 or TorchScript file, a save_pretrained() folder, a run, or hf:NAME")
]
CLASSES = Annotated[
    Path | None, typer.Option("--classes", metavar="FILE", help="class names, one a line", rich_help_panel=OPENING)
]
TOKENIZER = Annotated[
    Path | None,
    typer.Option("--tokenizer", metavar="FOLDER", help="a saved tokenizer, for texts", rich_help_panel=OPENING),
]
OUTPUT = Annotated[
    str | None,
    typer.Option(
        "--output", metavar="KEY", help="which of several outputs: its number or name", rich_help_panel=OPENING
    ),
]
COLUMNS = Annotated[
    str | None,
    typer.Option("--columns", metavar="A,B,...", help="the columns of a table that are read", rich_help_panel=TABLES),
]
TABLE = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="a .csv or .parquet of the training table, whose columns and categories are learnt",
        rich_help_panel=TABLES,
    ),
]
STANDARDISE = Annotated[
    bool,
    typer.Option("--standardise", help="numbers by mean and deviation of the training table", rich_help_panel=TABLES),
]
ENCODE = Annotated[
    str,
    typer.Option("--encode", metavar="one-hot|codes", help="how categories become numbers", rich_help_panel=TABLES),
]
SIZE = Annotated[
    str | None,
    typer.Option("--image-size", metavar="H,W", help="height and width in pixels", rich_help_panel=PICTURES),
]
MEAN = Annotated[
    str | None, typer.Option("--image-mean", metavar="M[,M,M]", help="taken off [0]", rich_help_panel=PICTURES)
]
STD = Annotated[
    str | None, typer.Option("--image-std", metavar="S[,S,S]", help="divided by [1]", rich_help_panel=PICTURES)
]
SCALE = Annotated[
    float | None,
    typer.Option(
        "--image-scale", metavar="X", help="what a full pixel becomes before that [1]", rich_help_panel=PICTURES
    ),
]
MODE = Annotated[
    str | None, typer.Option("--image-mode", metavar="MODE", help="RGB, or L for grey [RGB]", rich_help_panel=PICTURES)
]


def opened(
    source: str,
    *,
    classes: Path | None = None,
    tokenizer: Path | None = None,
    output: str | None = None,
    columns: str | None = None,
    table: Path | None = None,
    standardise: bool = False,
    encode: str = "one-hot",
    size: str | None = None,
    mean: str | None = None,
    std: str | None = None,
    scale: float | None = None,
    mode: str | None = None,
) -> Model:
    """The Model that the flags describe.

    Raises CannotOpen, BadSetting and what `vitrail.open` raises.
    """
    inputs: Any = images(size, mean, std, scale, mode)
    inputs = tables(columns, table, standardise, encode) or inputs
    return open(
        source,
        classes=None if classes is None else read.lines(classes),
        inputs=inputs,
        tokenizer=None if tokenizer is None else tokenizer_in(tokenizer),
        output=int(output) if output is not None and output.isdecimal() else output,
    )


def tables(columns: str | None, table: Path | None, standardise: bool, encode: str) -> Table | None:
    """How tables are read; None when nothing was said."""
    names = None if columns is None else [name.strip() for name in columns.split(",")]
    if table is not None:
        read.refuse_missing(str(table))
        return Table.of(read.frame(str(table)), columns=names, standardise=standardise, encode=cast(Any, encode))
    if standardise or encode != "one-hot":
        raise BadSetting(
            "--standardise or --encode came without --table. The training table was expected with them. Add --table "
            "FILE."
        )
    return None if names is None else Table(names)


def images(size: str | None, mean: str | None, std: str | None, scale: float | None, mode: str | None) -> Images | None:
    """How pictures are read; None when nothing was said."""
    if size is None:
        if (mean, std, scale, mode) != (None,) * 4:
            raise BadSetting(
                "--image-mean, --image-std, --image-scale or --image-mode came without --image-size. The size was "
                "expected with them. Add --image-size HEIGHT,WIDTH."
            )
        return None
    sides = read.numbers(size, "--image-size")
    if len(sides) != 2 or any(side < 1 or side != int(side) for side in sides):
        raise BadSetting(f"--image-size {size!r} does not fit. Two whole numbers were expected. Write 224,224.")
    given: dict[str, Any] = {"scale": scale, "mode": mode}
    given |= {name: few(text, f"--image-{name}") for name, text in (("mean", mean), ("std", std))}
    return Images((int(sides[0]), int(sides[1])), **{name: each for name, each in given.items() if each is not None})


def few(text: str | None, flag: str) -> float | list[float] | None:
    """One number, or one for each channel."""
    if text is None:
        return None
    found = read.numbers(text, flag)
    return found[0] if len(found) == 1 else found


def tokenizer_in(folder: Path) -> Any:
    """The tokenizer that a folder holds; nothing is asked of any other host, no code out of the folder is run."""
    if importlib.util.find_spec("transformers") is None:
        raise MissingExtra("transformers", "hf", "opening a tokenizer")
    import transformers

    if folder.is_dir():
        try:
            return transformers.AutoTokenizer.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, KeyError) as error:
            words = str(error).splitlines()[0]
            raise CannotOpen(
                f"the folder {str(folder)!r} holds no tokenizer that transformers can open ({words}). A folder written "
                "by tokenizer.save_pretrained() was expected. Save it there."
            ) from error
    raise CannotOpen(
        f"there is no folder {str(folder)!r}. A folder written by tokenizer.save_pretrained() was expected. "
        "Check the path."
    )
