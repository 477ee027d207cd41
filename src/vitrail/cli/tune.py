"""`vitrail tune`: the best settings of a recipe for some data, and what mattered."""

import functools
import json
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
from vitrail.cli.train import FOLDER, NAME, RECIPE
from vitrail.errors import BadSetting
from vitrail.explanation import Explanation
from vitrail.inputs.runs import RUNS
from vitrail.plot.marks import NAMES, with_interval
from vitrail.plot.trials import best_told, figure
from vitrail.plot.tuning import measure_of
from vitrail.train.recipes import RECIPES
from vitrail.train.sources import data_of
from vitrail.train.tune import tune as search

SPACE = Annotated[
    str | None,
    typer.Option(
        "--space",
        metavar="JSON",
        help="setting -> choices, or low, high and log: "
        """'{"hidden": [[30], [100, 50]], "rate": {"low": 1e-4, "high": 0.1, "log": true}}'; or its file [the usual]""",
    ),
]
TRIALS = Annotated[int | None, typer.Option("--trials", metavar="N", help="how many [20; all of a grid]")]
SAMPLER = Annotated[str, typer.Option("--sampler", metavar="tpe|random|grid", help="how settings are drawn")]
PRUNER = Annotated[str, typer.Option("--pruner", metavar="median|none", help="whether hopeless trials end early")]
METRIC = Annotated[str, typer.Option("--metric", metavar="NAME", help="of the validation part: loss, accuracy, mae")]
STORAGE = Annotated[
    str | None,
    typer.Option("--storage", metavar="URL", help="a database that many workers share [SQLite in the run's folder]"),
]


@say.refusing
@functools.partial(with_settings, classes=RECIPES, panel="Settings of recipes", meaning=meaning)
def tune(
    recipe: RECIPE,
    data: DATA,
    target: TARGET = None,
    space: SPACE = None,
    trials: TRIALS = None,
    sampler: SAMPLER = "tpe",
    pruner: PRUNER = "median",
    metric: METRIC = "loss",
    storage: STORAGE = None,
    name: NAME = None,
    folder: FOLDER = Path(RUNS),
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
    """Search for the best settings of a recipe; the best network is kept as a run, and tested once."""
    refuse_unknown(recipe)
    refuse_results(save, report, picture, overwrite)
    given = values(recipe, settings, RECIPES)
    how = reading(
        task=task, validation=validation, test=test, size=size, columns=columns, text=text, split=split,
        missing=missing, blanks=blanks, skip_broken=skip_broken, tokenizer=tokenizer, vocabulary=vocabulary,
        max_length=max_length,
    )  # fmt: skip
    lessons = data_of(data, columns_of(target), **how)
    wanted: dict[str, Any] = {"sampler": sampler, "pruner": None if pruner == "none" else pruner, "metric": metric}
    with say.stage("tuning", quiet) as start:
        answer = search(
            recipe, lessons, space=read_space(space), trials=trials, storage=storage, name=name, folder=folder,
            overwrite=overwrite, progress=start(recipe), **wanted, **given,
        )  # fmt: skip
    written = written_of(answer, f"{recipe}: tuning", save, report, picture, overwrite)
    if json_wanted:
        say.as_json({"kind": answer.kind, "checks": answer.checks, "written": list(map(str, written))})
    else:
        told(answer, written)


def read_space(text: str | None) -> dict[str, Any] | None:
    """The space out of JSON, or of a file with it. Raises BadSetting for anything else."""
    if text is None:
        return None
    try:
        found = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(
            f"--space {text!r} could not be read ({error}). JSON, or a file with it, was expected. Such as "
            '{"rate": {"low": 0.0001, "high": 0.1, "log": true}}.',
            setting="space",
        ) from error
    if not isinstance(found, dict):
        raise BadSetting(
            f"--space {text!r} is no object. Settings with ranges or choices were expected. Such as "
            '{"rate": [0.001, 0.01]}.',
            setting="space",
        )
    return found


def told(answer: Explanation, written: list[Path]) -> None:
    checks = answer.checks
    counts = ", ".join(f"{name} {checks[name]}" for name in ("trials", "pruned", "failed"))
    say.line(f"{counts}; best {measure_of(answer)} {figure(checks['value'])}")
    shares = dict(zip(answer.labels["feature"], answer.arrays["importance"].tolist(), strict=True))
    rows = [[name, value, figure(shares[name])] for name, value in best_told(answer)]
    say.table(["setting", "best", "share"], rows)
    say.line("Share: of the variance between trials that the setting explains alone.")
    for text in checks["warnings"]:
        say.line(f"Warning: {text}")
    if checks["run"] is None:
        say.line("Other workers are still at their trials: the last one trains the best settings and tests them.")
    else:
        tested = checks["test"]
        known = [name for name in NAMES if tested.get(name) is not None]
        rows = [[NAMES[name], with_interval(tested[name], tested["intervals"].get(name))] for name in known]
        say.table(["measure", "on the test part"], rows)
        say.line(f"written: {checks['run']}")
    for path in written:
        say.line(f"written: {path}")
