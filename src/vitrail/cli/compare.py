"""`vitrail compare`: which methods explain these examples best, and which cannot be told apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.explain import (
    JSON,
    OVERWRITE,
    PLOT,
    QUIET,
    REPORT,
    SAVE,
    TARGET,
    question,
    refuse_files,
    refuse_strange,
)
from vitrail.cli.signatures import DATA, write
from vitrail.compare import USUAL
from vitrail.compare import compare as ask
from vitrail.errors import BadInput, BadSetting, NoSuchMethod, near
from vitrail.explanation import Explanation
from vitrail.inputs.fills import Filling
from vitrail.methods import METHODS
from vitrail.metrics.choose import METRICS, metric_of
from vitrail.plot.caption import short
from vitrail.plot.standing import best_first, direction, figures, standings

FILLS: tuple[str, ...] = get_args(Filling)

METHOD = Annotated[
    list[str],
    typer.Option("--method", metavar="NAME", help="once for each, or several (a,b); `vitrail methods` lists them"),
]
METRIC = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help=f"once for each, or several (a,b): {', '.join(METRICS)}; without it {' and '.join(USUAL)}",
    ),
]
MASKS = Annotated[
    str | None,
    typer.Option(
        "--masks",
        metavar="FILE",
        help="where the answer should be found: .npy laid out as DATA, or .json with boxes, left, top, right, bottom",
    ),
]
PLAYERS = Annotated[
    str, typer.Option("--players", metavar="WHO", help="what is taken away together: auto, patches, columns ...")
]
PATCH = Annotated[int | None, typer.Option("--patch", metavar="N", help="side of a patch, or length of a window")]
COUNT = Annotated[int, typer.Option("--count", metavar="N", help="how many superpixels or windows")]
FILL = Annotated[str, typer.Option("--fill", metavar="|".join(FILLS), help="what stands in for what is taken away")]
BASELINE = Annotated[str, typer.Option("--baseline", metavar="VALUE", help="of the fill: a number, a name, a file")]
SEED = Annotated[int, typer.Option("--seed", metavar="N", help="of the intervals, and of the random control")]
CONFIDENCE = Annotated[float, typer.Option("--confidence", metavar="SHARE", help="of the intervals")]


@say.refusing
def compare(
    source: door.SOURCE,
    data: DATA,
    method: METHOD,
    metric: METRIC = None,
    masks: MASKS = None,
    target: TARGET = "predicted",
    players: PLAYERS = "auto",
    patch: PATCH = None,
    count: COUNT = 50,
    fill: FILL = "baseline",
    baseline: BASELINE = "0.0",
    seed: SEED = 0,
    confidence: CONFIDENCE = 0.95,
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    quiet: QUIET = False,
    classes: door.CLASSES = None,
    tokenizer: door.TOKENIZER = None,
    output: door.OUTPUT = None,
    columns: door.COLUMNS = None,
    table: door.TABLE = None,
    standardise: door.STANDARDISE = False,
    encode: door.ENCODE = "one-hot",
    image_size: door.SIZE = None,
    image_mean: door.MEAN = None,
    image_std: door.STD = None,
    image_scale: door.SCALE = None,
    image_mode: door.MODE = None,
) -> None:
    """Compare methods about the same examples: a leaderboard with intervals, beside controls that any has to beat."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")
    methods, metrics = parted(method, "--method"), parted(USUAL if metric is None else metric, "--metric")
    refuse_settings(fill, patch, count, seed, confidence)
    refuse_early(methods, metrics, masks)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    x, where = read.read(model, data), None if masks is None else read.masks(masks)
    with say.progress("compare", quiet) as progress:
        answer = ask(
            model, x, methods, metrics, where, question(target, model.classes), players=read.value(players),
            patch=patch, count=count, fill=cast(Any, fill), baseline=read.value(baseline), seed=seed,
            confidence=confidence, progress=progress,
        )  # fmt: skip
    written = write(answer, save, report, picture, f"Which methods explain {model.name} best", overwrite)
    if json_wanted:
        say.as_json(facts(answer) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


# -- what was asked ------------------------------------------------------------------------------------------


def parted(given: Sequence[str], flag: str) -> list[str]:
    """The names of a flag that may stand several times, each once; raises BadSetting when there are none."""
    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    if not names:
        raise BadSetting(f"{flag} names nothing. At least one name was expected. Write {flag} NAME.", setting=flag)
    return list(dict.fromkeys(names))


def refuse_settings(fill: str, patch: int | None, count: int, seed: int, confidence: float) -> None:
    """Raise BadSetting for what is out of its range."""
    if not 0 < confidence < 1:
        raise BadSetting(f"--confidence must be above 0 and below 1, got {confidence}. Try 0.95.", setting="confidence")
    if fill not in FILLS:
        raise BadSetting(
            f"no fill named {fill!r}. {near(fill, FILLS)}Fills are: {', '.join(FILLS)}. Choose one.", setting="fill"
        )
    for name, number, least in (("patch", patch, 1), ("count", count, 1), ("seed", seed, 0)):
        if number is not None and number < least:
            raise BadSetting(f"--{name} must be at least {least}, got {number}. Raise it.", setting=name)


def refuse_early(methods: Sequence[str], metrics: Sequence[str], masks: str | None) -> None:
    """What is known to go wrong is refused before the network is opened.

    Raises NoSuchMethod, BadSetting for a metric that does not exist, BadInput for masks that are not there.
    """
    for name in methods:
        if name not in METHODS:
            raise NoSuchMethod(name, METHODS)
    for name in metrics:
        if name not in METRICS:
            metric_of(name, ())  # which says what there is
    blind = [name for name in metrics if METRICS[name].family == "localisation"]
    if blind and masks is None:
        raise BadInput(
            f"--metric {blind[0]} came without --masks. Where the answer should be found was expected, for "
            "each example. Add --masks FILE.npy, or boxes in FILE.json, or leave the metric out."
        )
    if masks is not None:
        read.refuse_missing(masks)


# -- results -------------------------------------------------------------------------------------------------


def facts(answer: Explanation) -> dict[str, Any]:
    """The leaderboard as plain JSON; the score of each example is in the saved answer."""
    return {
        "kind": answer.kind,
        "verdicts": answer.labels["verdict"],
        "metrics": [of_metric(answer, j) for j in range(len(answer.labels["metric"]))],
        "methods": costs(answer),
        "checks": answer.checks,
        "target": answer.target,
        "provenance": answer.provenance,
    }


def of_metric(answer: Explanation, metric: int) -> dict[str, Any]:
    """The methods by one metric, the best first."""
    better = answer.labels["better"][metric]
    rows = [
        {"method": row.name, "mean": row.mean, "low": row.low, "high": row.high, "rank": row.rank, "scored": row.scored}
        for row in best_first(standings(answer, metric), better)
    ]
    return {"metric": answer.labels["metric"][metric], "better": better, "methods": rows}


def of_method(answer: Explanation, method: int) -> dict[str, Any]:
    known = {name: answer.arrays[name][method] for name in ("seconds", "evaluations")}
    return {"method": answer.labels["method"][method], **known}


def told(answer: Explanation, written: Sequence[Path]) -> None:
    for sentence in answer.labels["verdict"]:
        say.line(sentence)
    rows = [row for j in range(len(answer.labels["metric"])) for row in lines(answer, j)]
    say.table(["metric", "rank", "method", "mean", "interval"], rows)
    cost = [[row["method"], short(float(row["seconds"])), short(int(row["evaluations"]))] for row in costs(answer)]
    say.table(["method", "seconds", "evaluations"], cost)
    checks = answer.checks
    say.line(f"Means over {checks['examples']:,} examples, intervals at {100 * checks['confidence']:g} %.")
    say.line("Methods that cannot be told apart share a rank; random and edge are controls, which any has to beat.")
    if any("–" in row for row in rows):
        say.line("–: no score, or too few to compare by.")
    for path in written:
        say.line(f"written: {path}")


def costs(answer: Explanation) -> list[dict[str, Any]]:
    return [of_method(answer, i) for i in range(len(answer.labels["method"]))]


def lines(answer: Explanation, metric: int) -> list[list[str]]:
    """The rows of one metric, the best first; its name stands in the first one."""
    better = answer.labels["better"][metric]
    rows = best_first(standings(answer, metric), better)
    heads = [str(answer.labels["metric"][metric]), f"({direction(better)})", *[""] * len(rows)]
    return [
        [head, "–" if row.rank is None else str(row.rank), row.name, *(figures(row))]
        for head, row in zip(heads, rows, strict=False)
    ]
