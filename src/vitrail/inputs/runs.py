"""The folder that a training left: a network with its classes and inputs, opened by the folder's name."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from vitrail.errors import CannotOpen
from vitrail.inputs.classes import Labels, Pair
from vitrail.inputs.modalities import of_json
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.table import Table

RUN = "run.json"
FORMAT = "vitrail-run-1"
RUNS = "runs"  #: folder of all runs, where a name is looked for


class Left(NamedTuple):
    """What a training left: where the network is, its classes, how inputs become numbers, whether it says numbers."""

    network: str
    classes: tuple[str, ...]
    modality: Images | Table | Text | None
    regresses: bool


def left_in(source: Any) -> Left | None:
    """The run that a source names, a folder or a name in the folder `runs`; None where it names something else.

    Raises CannotOpen for a run that is not finished, or not whole.
    """
    folder = folder_of(source)
    if folder is None:
        return None
    about = read(folder)
    network = folder / str(about.get("network"))
    if not about.get("finished") or network.parent != folder or not network.exists():
        raise CannotOpen(
            f"the run {str(folder)!r} is not finished. A network that has learnt was expected. Start the same training "
            "again: it goes on from the last checkpoint.",
            path=str(folder),
        )
    names = tuple(map(str, about.get("classes", ())))
    kind = {"binary": Pair, "multilabel": Labels}.get(str(about.get("task")), tuple)
    return Left(str(network), kind(names), of_json(about.get("inputs"), folder), about.get("task") == "regression")


def folder_of(source: Any) -> Path | None:
    """The folder of a run; None where there is none."""
    if not isinstance(source, str | os.PathLike):
        return None
    places = [Path(source), Path(RUNS) / Path(source)]
    return next((place for place in places if (place / RUN).is_file()), None)


def read(folder: Path) -> dict[str, Any]:
    """What is written about a run. Raises CannotOpen when it is nothing that training wrote."""
    try:
        about = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotOpen(
            f"{str(folder / RUN)!r} could not be read ({error}). What training wrote was expected. Train again."
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise CannotOpen(f"{str(folder / RUN)!r} is no run. {FORMAT!r} was expected as its format. Check the folder.")
    return about
