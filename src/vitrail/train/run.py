"""What a training leaves: a folder with the network, its settings, how it went, and how well it does."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrail.errors import AlreadyExists, BadSetting
from vitrail.explanation import Explanation, load, plain, write_whole
from vitrail.inputs import open
from vitrail.inputs.runs import FORMAT, RUN, read
from vitrail.model import Model
from vitrail.train.curves import curves

CHECKPOINTS = "checkpoints"
HISTORY = "history.csv"
EVALUATION = "evaluation.safetensors"


@dataclass(frozen=True)
class Run:
    """A training and its folder.

    folder   with run.json, model.keras, history.csv, evaluation.safetensors; `vitrail.open` takes it
    """

    folder: Path

    @property
    def about(self) -> dict[str, Any]:
        """Recipe, settings, data, classes, versions, seconds: what is written in run.json."""
        return read(self.folder)

    @property
    def model(self) -> Model:
        """The network, opened; in a process where keras runs on torch."""
        return open(self.folder)

    @property
    def history(self) -> list[dict[str, Any]]:
        """One row for each epoch: phase, epoch, rate, loss, val_loss and what else was measured."""
        rows = csv.DictReader(io.StringIO((self.folder / HISTORY).read_text(encoding="utf-8")))
        return [
            {k: v if k == "phase" else int(v) if k == "epoch" else float(v or "nan") for k, v in row.items()}
            for row in rows
        ]

    @property
    def curves(self) -> Explanation:
        """The history as learning curves, of kind "training"."""
        about = self.about
        return curves(self.history, {"method": about["recipe"], **{k: about[k] for k in ("settings", "versions")}})

    @property
    def evaluation(self) -> Explanation:
        """How well it does on the test part, which nothing was chosen by."""
        return load(self.folder / EVALUATION)


def begun(folder: Path, about: Mapping[str, Any], overwrite: bool) -> Path:
    """The folder for checkpoints; an unfinished run of the same question goes on, another one is refused.

    Raises AlreadyExists for a finished run that nobody said to replace, BadSetting for an unfinished one that asks
    something else.
    """
    if overwrite and (folder / RUN).is_file():
        shutil.rmtree(folder)
    checkpoints = folder / CHECKPOINTS
    if (folder / RUN).is_file() and (read(folder).get("finished") or any(checkpoints.glob("*"))):
        refuse_other(folder, about)
    else:  # new, or stopped before anything was learnt: a recipe may refuse the data when it builds the network
        write_about(folder, {**about, "finished": False})
    checkpoints.mkdir(parents=True, exist_ok=True)
    return checkpoints


def refuse_other(folder: Path, about: Mapping[str, Any]) -> None:
    known = read(folder)
    if known.get("finished"):
        raise AlreadyExists(folder)
    asked = json.loads(json.dumps(about, default=plain))
    for name in ("recipe", "settings", "data"):
        if known.get(name) != asked.get(name):
            raise BadSetting(
                f"the unfinished run {str(folder)!r} has other {name}: {known.get(name)!r}, not {asked.get(name)!r}. "
                "The same question was expected, to go on with it. Take another name=, or say overwrite=True.",
                setting=name,
            )


def write_about(folder: Path, about: Mapping[str, Any]) -> None:
    text = json.dumps({"format": FORMAT, **about}, indent=2, default=plain)
    write_whole(folder / RUN, text.encode(), overwrite=True)


def write_history(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Every phase measures the same; what one did not is left empty."""
    held = io.StringIO()
    table = csv.DictWriter(held, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    table.writerows(rows)
    write_whole(folder / HISTORY, held.getvalue().encode(), overwrite=True)


def finished(folder: Path, about: Mapping[str, Any]) -> Run:
    """The run, once everything else is written: checkpoints go, and it can be opened."""
    write_about(folder, {**about, "finished": True})
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return Run(folder)
