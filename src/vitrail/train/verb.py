"""The verb `train`: a recipe, data, and a folder with a network that has learnt."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrail.errors import BadSetting, near
from vitrail.inputs.modalities import as_json as inputs_as_json
from vitrail.inputs.runs import RUNS
from vitrail.methods.settings import as_json, build
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.train.backend import school
from vitrail.train.data import PARTS, Data
from vitrail.train.evaluation import evaluation
from vitrail.train.heads import refuse_task
from vitrail.train.recipe import Recipe
from vitrail.train.recipes import RECIPES
from vitrail.train.run import EVALUATION, Run, begun, finished, write_history
from vitrail.train.sources import data_of
from vitrail.train.teach import said, teach
from vitrail.train.texts import keep_tokenizer
from vitrail.train.watch import Heard
from vitrail.train.worst import with_worst

NETWORK = "model.keras"


def train(
    recipe: str | Mapping[str, Any] | Recipe,
    data: Any,
    target: str | None = None,
    *,
    name: str | None = None,
    folder: str | os.PathLike[str] = RUNS,
    overwrite: bool = False,
    progress: bool | Report = False,
    heard: Heard | None = None,
    **settings: Any,
) -> Run:
    """A network that has learnt the data.

    recipe     a name out of `vitrail.RECIPES`, {"recipe": name, **settings}, or an instance
    data       a `Data`, or whatever `vitrail.data` reads: (x, y), a DataFrame, a path to a table, a folder, an .npz
    target     the column that is predicted, for tables
    name       of the run; the recipe's own without it. `vitrail.open(name)` opens it
    folder     where runs are kept
    overwrite  whether a run of that name is replaced. One that was interrupted goes on where it was, with the same
               result as if it never had been
    progress   True for a bar, or a function of (steps done, steps in all)
    heard      a function of the row of the history, called after each epoch
    settings   of the recipe, when it is given by name

    Returns a Run: its folder holds the network, settings, history, evaluation on the test part, the hash of the data.
    Raises a VitrailError: BadSetting, BadInput, AlreadyExists, TrainingFailed, DiskFull, MissingExtra ...
    """
    began = time.perf_counter()
    how = recipe_of(recipe, settings)
    lessons = data if isinstance(data, Data) else data_of(data, target)
    refuse_task(how, lessons)
    place = Path(folder) / (name or how.name)
    with undisturbed(), reporting(progress, "training", "steps") as report:
        about = described(how, lessons)
        checkpoints = begun(place, about, overwrite)
        network, state = teach(how, lessons, checkpoints, report, heard)
        keep_tokenizer(lessons.modality, place)
        about["network"] = saved(how, network, place)
        write_history(place, state.history)
        rows = lessons.rows["test"]
        result = evaluation(lessons.y[rows], said(network, lessons, "test"), lessons.task, lessons.classes)
        with_worst(result, lessons, rows).save(place / EVALUATION, overwrite=True)
    return finished(place, {**about, "evaluation": dict(result.checks), "seconds": time.perf_counter() - began})


def recipe_of(value: Any, settings: Mapping[str, Any]) -> Recipe:
    """A recipe from its name, from {"recipe": name, **settings}, or from itself.

    Raises BadSetting for a name or a setting that does not exist.
    """
    if isinstance(value, str | Mapping):
        given = {"recipe": value} if isinstance(value, str) else dict(value)
        name = str(given.pop("recipe", ""))
        if name not in RECIPES:
            raise BadSetting(
                f"no recipe named {name!r}. {near(name, RECIPES)}Recipes are: {', '.join(RECIPES)}. Choose one.",
                recipe=name,
            )
        return build(RECIPES[name], {**given, **settings}, {}, ())  # type: ignore[no-any-return]
    if isinstance(value, type) or not hasattr(value, "fitting"):
        raise BadSetting(
            f"{value!r} is no recipe. A name, {{'recipe': name, ...}} or an instance was expected. Recipes are: "
            f"{', '.join(RECIPES)}."
        )
    if settings:
        raise BadSetting(
            f"settings {', '.join(settings)} were given beside {type(value).__name__}(...), which has its own. One or "
            "the other was expected. Put them into the recipe, or name it."
        )
    return value  # type: ignore[no-any-return]


def described(recipe: Recipe, data: Data) -> dict[str, Any]:
    """What run.json says from the start."""
    settings = as_json(recipe)
    settings.pop("method")
    counts = {part: len(data.rows[part]) for part in PARTS}
    return {
        "recipe": recipe.name,
        "settings": settings,
        "data": {"digest": data.digest(), "examples": counts, "shape": list(data.x.shape[1:]), **data.source},
        "task": data.task,
        "classes": list(data.classes),
        "inputs": inputs_as_json(data.modality),
        "versions": {"backend": school().backend.backend(), **versions()},
    }


def saved(recipe: Recipe, network: Any, folder: Path) -> str:
    """The name of the file, or folder, with the network: whole or not at all."""
    own = getattr(recipe, "save", None)
    if own is not None:
        return str(own(network, folder))
    beside = folder / f".{NETWORK}"
    network.compile("sgd")  # the file holds the network: neither the state of its optimizer nor a loss of ours
    network.save(beside)
    beside.replace(folder / NETWORK)
    return NETWORK
