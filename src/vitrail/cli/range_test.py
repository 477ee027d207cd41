"""`vitrail range-test`: how high the learning rate of a recipe can be for some data."""

import functools
from pathlib import Path
from typing import Annotated, Any

import typer

from vitrail.cli import say
from vitrail.cli.explain import JSON, OVERWRITE, PLOT, QUIET, REPORT, SAVE
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
from vitrail.cli.results import refuse_results, written_of
from vitrail.cli.train import RECIPE
from vitrail.explanation import Explanation
from vitrail.train.range_test import range_test as sweep
from vitrail.train.recipes import RECIPES
from vitrail.train.sources import data_of

LOW = Annotated[float, typer.Option("--low", metavar="RATE", help="the rate it begins with")]
HIGH = Annotated[float, typer.Option("--high", metavar="RATE", help="the rate it ends with")]
STEPS = Annotated[int, typer.Option("--steps", metavar="N", help="of training, each with a rate of its own")]


@say.refusing
@functools.partial(with_settings, classes=RECIPES, panel="Settings of recipes", meaning=meaning)
def range_test(
    recipe: RECIPE,
    data: DATA,
    target: TARGET = None,
    low: LOW = 1e-6,
    high: HIGH = 10.0,
    steps: STEPS = 200,
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
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
    """Find a learning rate: it grows from step to step until the loss blows up."""
    refuse_unknown(recipe)
    refuse_results(save, report, picture, overwrite)
    given = values(recipe, settings, RECIPES)
    how = reading(
        task=task, validation=validation, test=test, size=size, columns=columns, text=text, split=split,
        missing=missing, blanks=blanks, skip_broken=skip_broken, tokenizer=tokenizer, vocabulary=vocabulary,
        max_length=max_length,
    )  # fmt: skip
    lessons = data_of(data, columns_of(target), **how)
    with say.stage("range test", quiet) as start:
        answer = sweep(recipe, lessons, low=low, high=high, steps=steps, progress=start(recipe), **given)
    written = written_of(answer, f"{recipe}: how high the rate can be", save, report, picture, overwrite)
    if json_wanted:
        say.as_json({"kind": answer.kind, "checks": answer.checks, "written": list(map(str, written))})
    else:
        told(answer, written)


def told(answer: Explanation, written: list[Path]) -> None:
    words = {"suggestion": "suggestion", "climbs": "the loss begins to climb", "steepest": "the loss falls fastest"}
    rows: list[list[Any]] = [
        [word, f"{answer.checks[name]:.3g}"] for name, word in words.items() if answer.checks[name]
    ]
    if rows:
        say.table(["", "rate"], rows)
    for text in answer.checks["warnings"]:
        say.line(f"Warning: {text}")
    if answer.checks["suggestion"]:
        say.line(f"Train with it: --rate {answer.checks['suggestion']:.2g}")
    for path in written:
        say.line(f"written: {path}")
