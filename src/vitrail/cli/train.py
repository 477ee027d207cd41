"""`vitrail train`: a recipe, data, and a network that has learnt."""

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from vitrail import plot
from vitrail.cli import say
from vitrail.cli.explain import JSON, OVERWRITE, QUIET
from vitrail.cli.flags import values, with_settings
from vitrail.cli.reading import (
    BLANKS,
    COLUMNS,
    DATA,
    MAX_LENGTH,
    MISSING,
    SIZE,
    SKIP,
    SPLIT,
    TARGET,
    TASK,
    TEST,
    TEXT,
    TOKENIZER,
    VALIDATION,
    VOCABULARY,
    columns_of,
    reading,
)
from vitrail.cli.recipes import meaning, refuse_unknown
from vitrail.cli.say import Report
from vitrail.errors import AlreadyExists
from vitrail.inputs.runs import RUN, RUNS
from vitrail.inputs.runs import read as read_about
from vitrail.plot.marks import measures_told
from vitrail.train.recipes import RECIPES
from vitrail.train.run import Run
from vitrail.train.sources import data_of
from vitrail.train.verb import train as learn

STOPPED = 130  #: the exit status after Ctrl-C

RECIPE = Annotated[str, typer.Argument(help="a name; `vitrail recipes` lists them")]
NAME = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="of the run, by which it is opened [the recipe's]")
]
FOLDER = Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="where runs are kept")]


@say.refusing
@functools.partial(with_settings, classes=RECIPES, panel="Settings of recipes", meaning=meaning)
def train(
    recipe: RECIPE,
    data: DATA,
    target: TARGET = None,
    name: NAME = None,
    folder: FOLDER = Path(RUNS),
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    quiet: QUIET = False,
    task: TASK = "auto",
    validation: VALIDATION = None,
    test: TEST = None,
    size: SIZE = None,
    columns: COLUMNS = None,
    text: TEXT = None,
    tokenizer: TOKENIZER = None,
    vocabulary: VOCABULARY = None,
    max_length: MAX_LENGTH = None,
    split: SPLIT = None,
    missing: MISSING = None,
    blanks: BLANKS = None,
    skip_broken: SKIP = False,
    *,
    settings: dict[str, str],
) -> None:
    """Train a network by a recipe; it is kept in a folder, with its settings, curves and evaluation."""
    refuse_unknown(recipe)
    place = folder / (name or recipe)
    refuse_finished(place, overwrite)
    given = values(recipe, settings, RECIPES)
    how = reading(
        task=task, validation=validation, test=test, size=size, columns=columns, text=text, split=split,
        missing=missing, blanks=blanks, skip_broken=skip_broken, tokenizer=tokenizer, vocabulary=vocabulary,
        max_length=max_length,
    )  # fmt: skip
    lessons = data_of(data, columns_of(target), **how)
    try:
        with say.stage(recipe, quiet) as start:
            tell, hear = listening(start)
            run = learn(
                recipe, lessons, name=name, folder=folder, overwrite=overwrite, progress=tell, heard=hear, **given
            )
    except KeyboardInterrupt:
        stop(place, json_wanted)
    written = plot.report_run(run, overwrite=True)
    if json_wanted:
        say.as_json(facts(run, written))
    else:
        told(run, written)


def refuse_finished(place: Path, overwrite: bool) -> None:
    """Before the data are read: raise AlreadyExists for a finished run that nobody said to replace."""
    if not overwrite and (place / RUN).is_file() and read_about(place).get("finished"):
        raise AlreadyExists(place)


def listening(start: Callable[[str], Report]) -> tuple[Report, Callable[[Mapping[str, Any]], None]]:
    """What moves the bar, and what puts the last epoch beside it without moving it."""
    move, last = start(""), [0, 1]

    def tell(done: int, total: int) -> None:
        last[:] = done, total
        move(done, total)

    return tell, lambda row: start(epoch_told(row))(*last)


def epoch_told(row: Mapping[str, Any]) -> str:
    """Such as "epoch 3, loss 0.4123, validation loss 0.4551"."""
    words = {"loss": "loss", "val_loss": "validation loss"}
    known = [f"{word} {float(row[name]):.4g}" for name, word in words.items() if name in row]
    return ", ".join([f"epoch {row['epoch']}", *known])


def stop(place: Path, json_wanted: bool) -> None:
    """What Ctrl-C leaves, and how to go on."""
    message = (
        f"stopped. The epochs that were done are kept in {str(place)!r}. Give the same command again, without "
        "--overwrite, to go on from there."
    )
    whole = {"ok": False, "error": message, "code": "stopped"}
    typer.echo(json.dumps(whole) if json_wanted else message, err=True)
    raise typer.Exit(STOPPED)


def facts(run: Run, written: list[Path]) -> dict[str, Any]:
    """What a run left, as plain JSON."""
    about = run.about
    return {"run": str(run.folder), **about, "written": [str(path) for path in written]}


def told(run: Run, written: list[Path]) -> None:
    about, answer = run.about, run.evaluation
    counts = about["data"]["examples"]
    say.line(f"{about['recipe']}: {counts['train']:,} examples in {about['seconds']:.3g} s; epochs: {len(run.history)}")
    say.table(["measure", "on the test part"], [list(pair) for pair in measures_told(answer).items()])
    say.line("Brackets: 95 % intervals by the bootstrap over the examples.")
    for path in (run.folder, *written):
        say.line(f"written: {path}")
