"""`vitrail data`: what a data set holds, before anything is learnt from it."""

from pathlib import Path
from typing import Any

from vitrail import plot
from vitrail.cli import say
from vitrail.cli.explain import JSON, OVERWRITE, PLOT, REPORT, SAVE, pixels, refuse_files, refuse_strange
from vitrail.cli.reading import (
    BLANKS,
    DATA,
    MAX_LENGTH,
    MISSING,
    SIZE,
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
from vitrail.explanation import Explanation, write_whole
from vitrail.train.analysis import analysis
from vitrail.train.data import PARTS

STATISTICS = ("mean", "std", "min", "median", "max", "distinct", "missing")


@say.refusing
def data(
    source: DATA,
    target: TARGET = None,
    save: SAVE = None,
    report: REPORT = None,
    picture: PLOT = None,
    overwrite: OVERWRITE = False,
    json_wanted: JSON = False,
    task: TASK = "auto",
    validation: VALIDATION = None,
    test: TEST = None,
    size: SIZE = None,
    text: TEXT = None,
    tokenizer: TOKENIZER = None,
    vocabulary: VOCABULARY = None,
    max_length: MAX_LENGTH = None,
    split: SPLIT = None,
    missing: MISSING = None,
    blanks: BLANKS = None,
) -> None:
    """Look at data before a network learns from them: counts, ranges, duplicates, leaks; warnings in plain words."""
    refuse_files([save, report, picture], overwrite)
    refuse_strange(picture, None, "auto")
    how = reading(
        task=task, validation=validation, test=test, size=size, text=text, split=split, missing=missing,
        blanks=blanks, tokenizer=tokenizer, vocabulary=vocabulary, max_length=max_length,
    )  # fmt: skip
    answer = analysis(source, columns_of(target), **how)
    written = [] if save is None else [answer.save(save, overwrite=overwrite)]
    if picture is not None:
        written.append(write_whole(picture, pixels(answer, picture, "auto"), overwrite=overwrite))
    if report is not None:
        section = plot.Section("What the data hold", "", [answer])
        written.append(plot.report(report, [section], title=Path(source).name, overwrite=overwrite))
    if json_wanted:
        say.as_json(facts(answer) | {"written": [str(path) for path in written]})
    else:
        told(answer, written)


def facts(answer: Explanation) -> dict[str, Any]:
    """What was found, as plain JSON; pictures and histograms are in the saved answer."""
    return {
        "kind": answer.kind,
        "checks": answer.checks,
        "classes": answer.labels["class"],
        "counts": {part: answer.arrays[f"count/{part}"] for part in PARTS},
        "columns": columns(answer),
        "data": answer.provenance["data"] | answer.provenance["settings"],
    }


def columns(answer: Explanation) -> list[dict[str, Any]]:
    """A row for each column of a table."""
    if "column/mean" not in answer.arrays:
        return []
    known = {name: answer.arrays[f"column/{name}"].tolist() for name in STATISTICS}
    numbers = dict.fromkeys(answer.labels["feature"], STATISTICS)
    numbers |= dict.fromkeys(answer.labels["category"], STATISTICS[5:])
    names = answer.labels["feature"]
    return [{"column": name, **{key: known[key][i] for key in numbers[name]}} for i, name in enumerate(names)]


def told(answer: Explanation, written: list[Path]) -> None:
    checks = answer.checks
    say.line(f"{checks['examples']:,} examples of a {checks['task']} task, read as {checks['reads']}")
    if checks["task"] == "regression":
        say.table(["part", "examples"], [[part, f"{count:,}"] for part, count in checks["parts"].items()])
    else:
        rows = zip(answer.labels["class"], *(answer.arrays[f"count/{part}"].tolist() for part in PARTS), strict=True)
        say.table(["class", *PARTS], [[name, *(f"{count:,}" for count in counts)] for name, *counts in rows])
    for text in checks["warnings"]:
        say.line(f"Warning: {text[:1].upper()}{text[1:]}")
    if not checks["warnings"]:
        say.line("Nothing to warn of was found.")
    for path in written:
        say.line(f"written: {path}")
