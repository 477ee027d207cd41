"""`vitrail cross-validate`: how well a recipe does, every example held out once."""

import functools
from pathlib import Path
from typing import Annotated

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
from vitrail.plot.marks import NAMES, with_interval
from vitrail.train.folds import cross_validate as validate
from vitrail.train.recipes import RECIPES
from vitrail.train.sources import data_of

FOLDS = Annotated[int, typer.Option("--folds", metavar="K", help="how many, 2 at least")]


@say.refusing
@functools.partial(with_settings, classes=RECIPES, panel="Settings of recipes", meaning=meaning)
def cross_validate(
    recipe: RECIPE,
    data: DATA,
    target: TARGET = None,
    folds: FOLDS = 5,
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
    """See how well a recipe does: each fold is scored by a network that learnt from the others."""
    refuse_unknown(recipe)
    refuse_results(save, report, picture, overwrite)
    given = values(recipe, settings, RECIPES)
    how = reading(
        task=task, validation=validation, test=test, size=size, columns=columns, text=text, split=split,
        missing=missing, blanks=blanks, skip_broken=skip_broken, tokenizer=tokenizer, vocabulary=vocabulary,
        max_length=max_length,
    )  # fmt: skip
    lessons = data_of(data, columns_of(target), **how)
    with say.stage("cross-validation", quiet) as start:
        answer = validate(recipe, lessons, folds=folds, progress=start(recipe), **given)
    written = written_of(answer, f"{recipe}: {folds} folds", save, report, picture, overwrite)
    if json_wanted:
        say.as_json({"kind": answer.kind, "checks": answer.checks, "written": list(map(str, written))})
    else:
        told(answer, written)


def told(answer: Explanation, written: list[Path]) -> None:
    each = answer.checks["folds"]
    say.table(
        ["measure", "mean over the folds", "each"],
        [
            [NAMES[name], with_interval(found["mean"], found["interval"]), ", ".join(f"{v:.3g}" for v in found["each"])]
            for name, found in each.items()
        ],
    )
    say.line("Brackets: 95 % intervals of Student's t that allow for what the networks of the folds share.")
    for path in written:
        say.line(f"written: {path}")
