"""`vitrail predict`: what a network says about examples."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from vitrail.cli import read, say
from vitrail.cli import source as door
from vitrail.cli.explain import JSON, OVERWRITE, RESULTS
from vitrail.errors import BadSetting
from vitrail.explanation import Array, write_whole
from vitrail.inputs.classes import Labels, Pair
from vitrail.model import Model
from vitrail.train.evaluate import answers

SHOWN = 100  #: examples that are printed
APART = 1e-3  #: how far from 1 the probabilities of classes may sum

DATA = Annotated[list[str], typer.Argument(help="pictures, one .npy, .npz, .csv or .parquet; texts, or .txt files")]
TOP = Annotated[int, typer.Option("--top", metavar="N", help="how many classes are told of each example")]
SAVE = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE.csv", help="write a row for each example", rich_help_panel=RESULTS),
]


@say.refusing
def predict(
    source: door.SOURCE,
    data: DATA,
    top: TOP = 1,
    save: SAVE = None,
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
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
    """Tell what a network says about examples: classes with their probabilities, all labels with theirs, or numbers."""
    if top < 1:
        raise BadSetting(f"--top {top} is no number of classes. One or more was expected. Leave it out for one.")
    say.refuse_taken([save], overwrite)
    model = door.opened(
        source, classes=classes, tokenizer=tokenizer, output=output, columns=columns,
        table=table, standardise=standardise, encode=encode,
        size=image_size, mean=image_mean, std=image_std, scale=image_scale, mode=image_mode,
    )  # fmt: skip
    said = answers(model, read.read(model, data), model.network.regresses)
    names, scores = named(model, said)
    kind = "numbers" if model.network.regresses else "labels" if labels_said(model, scores) else "classes"
    rows = [about(i, names, row, kind, top) for i, row in enumerate(scores)]
    written = [] if save is None else [write_whole(save, table_of(rows, names, scores), overwrite=overwrite)]
    if json_wanted:
        say.as_json({"model": model.name, "predictions": rows, "written": [str(path) for path in written]})
    else:
        told(rows, written)


def named(model: Model, said: Array) -> tuple[list[str], Array]:
    """A name for each column of what was said; a single unit that is sure of the second class speaks for both."""
    if isinstance(model.classes, Pair):
        return list(model.classes), np.concatenate([1 - said, said], 1)
    own = list(map(str, model.classes))
    word = "output " if model.network.regresses else ""
    return own if len(own) == said.shape[1] else [f"{word}{i}" for i in range(said.shape[1])], said


def labels_said(model: Model, scores: Array) -> bool:
    """Whether each unit speaks for itself: a run says so, and so do probabilities that do not sum to 1."""
    return isinstance(model.classes, Labels) or bool((np.abs(scores.sum(1) - 1) > APART).any() and scores.shape[1] > 1)


def about(example: int, names: Sequence[str], scores: Array, kind: str, top: int) -> dict[str, Any]:
    """What was said about one example, as plain JSON; `kind`: "numbers", "labels" or "classes"."""
    each = dict(zip(names, scores.tolist(), strict=True))
    if kind == "numbers":
        return {"example": example, "values": each}
    if kind == "labels":
        return {"example": example, "on": Labels(names).on(scores.tolist()), "labels": each}
    order = np.argsort(-scores, kind="stable")[:top]
    best = [{"name": names[j], "probability": float(scores[j])} for j in order]
    return {"example": example, **best[0], "top": best}


def table_of(rows: Sequence[dict[str, Any]], names: Sequence[str], scores: Array) -> bytes:
    """A row for each example: the class and its probability, or the labels that are on; then the scores of all."""
    held = io.StringIO()
    table = csv.writer(held)
    table.writerow(["example", *firsts(rows[0], True), *names])
    for row, own in zip(rows, scores.tolist(), strict=True):
        table.writerow([row["example"], *firsts(row), *own])
    return held.getvalue().encode()


def firsts(row: dict[str, Any], heads: bool = False) -> list[Any]:
    """What stands before the scores of an example, or over it: nothing for regression."""
    if "values" in row:
        return []
    if "on" in row:
        return ["on"] if heads else [", ".join(row["on"])]
    return ["prediction", "probability"] if heads else [row["name"], row["probability"]]


def told(rows: Sequence[dict[str, Any]], written: Sequence[Path]) -> None:
    if "values" in rows[0]:
        names = list(rows[0]["values"])
        lines = [[row["example"], *(f"{value:.6g}" for value in row["values"].values())] for row in rows[:SHOWN]]
        say.table(["example", *names], lines)
    elif "labels" in rows[0]:
        lines = [
            [row["example"], *(f"{chance:.2%}" for chance in row["labels"].values()), ", ".join(row["on"]) or "none"]
            for row in rows[:SHOWN]
        ]
        say.table(["example", *rows[0]["labels"], "on"], lines)
    else:
        lines = [[row["example"], *best_told(row["top"])] for row in rows[:SHOWN]]
        say.table(["example", "prediction", "probability", *["then"] * (len(rows[0]["top"]) > 1)], lines)
    if len(rows) > SHOWN:
        say.line(f"{SHOWN} of {len(rows)} examples are shown; --save FILE.csv writes all of them.")
    for path in written:
        say.line(f"written: {path}")


def best_told(top: Sequence[dict[str, Any]]) -> list[str]:
    """The first class, its probability, and the others in one cell."""
    first, *rest = top
    others = ", ".join(f"{each['name']} {each['probability']:.2%}" for each in rest)
    return [first["name"], f"{first['probability']:.2%}", *([others] if rest else [])]
