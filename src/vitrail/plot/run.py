"""The report of a run: how the network learnt, how well it does, and how both were made."""

import io
from pathlib import Path

from vitrail.explanation import write_whole
from vitrail.plot.inline import DPI
from vitrail.plot.report import Section, report
from vitrail.plot.training import draw_training
from vitrail.train.run import Run

REPORT, CURVES = "report.html", "curves.png"


def report_run(run: Run, *, overwrite: bool = False) -> list[Path]:
    """Write report.html and curves.png into the folder of a run, and give their paths back.

    Raises AlreadyExists when they are there and `overwrite` is false.
    """
    curves, known = run.curves, run.about
    held = io.BytesIO()
    draw_training(curves).savefig(held, format="png", dpi=DPI)
    picture = write_whole(run.folder / CURVES, held.getvalue(), overwrite=overwrite)
    sections = [
        Section("How well it does", "On the test part of the data, which nothing was chosen by.", [run.evaluation]),
        Section("How it learnt", learnt(known), [curves]),
    ]
    page = report(
        run.folder / REPORT,
        sections,
        title=f"{known['recipe']}: {run.folder.name}",
        lead=lead(known),
        overwrite=overwrite,
    )
    return [page, picture]


def lead(about: dict[str, object]) -> str:
    """What was learnt, from how much."""
    data = dict(about["data"])  # type: ignore[call-overload]
    counts = data["examples"]
    classes = list(about.get("classes") or [])  # type: ignore[call-overload]
    shape = " × ".join(map(str, data["shape"]))
    of = f" of {len(classes)} classes" if classes and about["task"] != "regression" else ""
    return f"A {about['task']} network{of}, trained on {counts['train']:,} examples of {shape} numbers."


def learnt(about: dict[str, object]) -> str:
    counts = dict(about["data"])["examples"]  # type: ignore[call-overload]
    seconds = float(str(about.get("seconds") or "nan"))
    return f"Validated on {counts['validation']:,} examples. All together it took {seconds:.3g} seconds."
