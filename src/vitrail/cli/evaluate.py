"""`vitrail evaluate`: how well a network does on data with known answers."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vitrail.cli import say
from vitrail.cli import source as door
from vitrail.cli.explain import JSON, OVERWRITE, PLOT, QUIET, REPORT, SAVE, refuse_files, refuse_strange
from vitrail.cli.reading import BLANKS, DATA, MISSING, SKIP, TARGET, TASK, TEXT, columns_of, reading
from vitrail.cli.signatures import write
from vitrail.errors import BadSetting
from vitrail.explanation import Explanation
from vitrail.inputs.runs import folder_of
from vitrail.inputs.runs import read as read_about
from vitrail.plot.marks import measures_told
from vitrail.train.data import PARTS, Data
from vitrail.train.evaluate import evaluate as ask
from vitrail.train.evaluate import known
from vitrail.train.sources import data_of

PART = Annotated[
    str,
    typer.Option(
        "--part",
        metavar="PART",
        help="train, validation, test or all; auto: test, or all where the data are not those of the run",
    ),
]


@say.refusing
def evaluate(
    source: door.SOURCE,
    data: DATA,
    target: TARGET = None,
    part: PART = "auto",
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    quiet: QUIET = False,
    task: TASK = "auto",
    missing: MISSING = None,
    blanks: BLANKS = None,
    text: TEXT = None,
    skip_broken: SKIP = False,
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
    """Measure how well a network does: accuracy, curves, calibration, errors of numbers, and its worst mistakes."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")
    refuse_part(part)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    how = known(model) | reading(task=task, missing=missing, blanks=blanks, skip_broken=skip_broken, text=text)
    lessons = data_of(data, columns_of(target), **how)
    with say.progress("evaluate", quiet):
        answer = ask(model, lessons, part=chosen(part, source, lessons))
    written = write(answer, save, report, picture, f"How well {model.name} does", overwrite)
    if json_wanted:
        say.as_json(facts(answer) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


def refuse_part(part: str) -> None:
    if part not in (*PARTS, "all", "auto"):
        raise BadSetting(
            f"--part {part!r} is not known. One of {', '.join(PARTS)}, all or auto was expected. Choose one.",
            setting="part",
        )


def chosen(part: str, source: str, data: Data) -> str:
    """The part that is meant: all of data that a run has not been trained on, else what was held out to test on."""
    folder = folder_of(source)
    if part != "auto" or folder is None:
        return "test" if part == "auto" else part
    own = read_about(folder).get("data", {}).get("digest")
    return "test" if own == data.digest() else "all"


def facts(answer: Explanation) -> dict[str, Any]:
    """What was measured, as plain JSON; not what was said of each example, which the saved answer holds."""
    per = [name for name, axes in answer.axes.items() if axes in (("class",), ("feature",))]
    return {
        "kind": answer.kind,
        "part": answer.provenance["part"],
        "checks": answer.checks,
        "by": {name: answer.arrays[name] for name in per},
        "confusion": answer.arrays.get("confusion"),
        "labels": {name: answer.labels[name] for name in ("class", "feature") if name in answer.labels},
        "worst": answer.arrays["row"][answer.arrays["worst"]],
        "provenance": answer.provenance,
    }


def told(answer: Explanation, written: list[Path]) -> None:
    part = answer.provenance["part"]
    where = "all of the data" if part == "all" else f"the {part} part of the data"
    say.table(["measure", f"on {where}"], [list(pair) for pair in measures_told(answer).items()])
    say.line("Brackets: 95 % intervals by the bootstrap over the examples.")
    for path in written:
        say.line(f"written: {path}")
