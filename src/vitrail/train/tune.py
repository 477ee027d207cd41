"""The verb `tune`: trials with other settings, judged on the validation part; the best is tested once."""

import math
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitrail.errors import AlreadyExists, BadSetting, OutOfMemory, TrainingFailed, near
from vitrail.explanation import Explanation
from vitrail.inputs.runs import RUN, RUNS
from vitrail.inputs.runs import read as read_about
from vitrail.methods.settings import as_json, build
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.train.data import Data
from vitrail.train.heads import MEASURES, refuse_task
from vitrail.train.recipe import Recipe
from vitrail.train.run import CHECKPOINTS, Run
from vitrail.train.sources import data_of
from vitrail.train.space import Space, drawn, first, grid, space_of
from vitrail.train.study import (
    Pruner,
    Sampler,
    done,
    importances,
    opened,
    optuna_of,
    refuse_twin,
    removed,
    running,
    work,
)
from vitrail.train.teach import teach
from vitrail.train.trials import CURVE, FAILED, tuning
from vitrail.train.verb import recipe_of, train

STUDY, TUNING = "tuning.db", "tuning.safetensors"
TRIALS = 20
LOWER = ("loss", "mae")  #: measures of which the lower is the better


def tune(
    recipe: str | Mapping[str, Any] | Recipe,
    data: Any,
    target: str | None = None,
    *,
    space: Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: Sampler = "tpe",
    pruner: Pruner | None = "median",
    metric: str = "loss",
    storage: str | None = None,
    name: str | None = None,
    folder: str | os.PathLike[str] = RUNS,
    overwrite: bool = False,
    progress: bool | Report = False,
    **settings: Any,
) -> Explanation:
    """The best settings of a recipe for data, by Optuna, and what mattered   [1].

    Every trial learns on the training part and is judged on the validation part, at the epoch whose weights would be
    kept. The best settings are then trained once more, and that network is tested, once, on the test part.

    recipe, data, target, settings, folder   as for `vitrail.train`; the recipe's seed is also that of what is drawn
    space      setting -> (low, high), (low, high, "log"), or a list of choices; None: where one usually looks
    trials     how many, with those that were pruned or failed; None: 20, or all of a grid
    sampler    "tpe" [2], "random", or "grid": each combination of the choices once
    pruner     "median": a trial ends whose value is worse, after as many epochs, than the median of those before; None
    metric     "loss", "accuracy" ("binary_accuracy" for several labels), or "mae" for numbers
    storage    the URL of a database for Optuna, which many workers may share; None: SQLite in the folder of the run.
               A study that was stopped or killed goes on; with SQLite, with the same result as if it never had been
    name       of the run with the best settings; the recipe's own and "-tuned" without it
    overwrite  whether a study and a run of that name are replaced; a study in a `storage` of your own is not
    progress   True for a bar, or a function of (trials done, trials in all)

    Gives an Explanation of kind "tuning", see `vitrail.train.trials`; `checks["run"]` is the folder of the Run, and
    `checks["test"]` what it measured. With several workers the last one trains it; for the others both are None.

    Raises BadSetting, AlreadyExists for a run of that name that was not tuned so, TrainingFailed when no trial could
    learn, MissingExtra, and what `vitrail.train` raises.

    [1] Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", 2019
    [2] Bergstra et al., "Algorithms for Hyper-Parameter Optimization", 2011, section 4
    """
    optuna_of()
    how = recipe_of(recipe, settings)
    lessons = data if isinstance(data, Data) else data_of(data, target)
    refuse_task(how, lessons)
    where = space_of(how, space)
    refuse(how, where, metric, lessons.task)
    place = Path(folder) / (name or f"{how.name}-tuned")
    many = count(where, sampler, trials)
    question = asked(how, where, metric, sampler, lessons)
    cleared(place, overwrite, storage)
    direction = "minimize" if metric in LOWER else "maximize"
    with (
        undisturbed(),
        reporting(progress, "tuning", "trials") as report,
        opened(storage, place / STUDY, place.name, direction, question, pruner) as study,
    ):
        objective = Objective(how, where, lessons, metric, sampler == "grid", study, report, many)
        work(study, where, sampler, many, how.fitting.seed if storage is None else None, objective)
        found = tuning(study, where, importances(study, how.fitting.seed), {"metric": metric, "direction": direction})
        last = done(study) >= many and not running(study)
    about = {"method": "tuning", "recipe": how.name, "settings": question, "versions": versions()}
    if not last:
        return replace(found, provenance=about)
    run = tested(how, best_of(found), lessons, place)
    checks = {**found.checks, "run": str(run.folder), "test": run.about["evaluation"]}
    answer = replace(found, checks=checks, provenance=about)
    answer.save(place / TUNING, overwrite=True)
    return answer


def cleared(place: Path, overwrite: bool, storage: str | None) -> None:
    """Make room where that is asked for; raise AlreadyExists for a run that no tuning made."""
    if overwrite and storage is None:
        removed(place / STUDY)
    if overwrite and (place / RUN).is_file():
        shutil.rmtree(place)
    if (place / RUN).is_file() and not any((place / name).is_file() for name in (STUDY, TUNING)):
        raise AlreadyExists(place)


def count(space: Space, sampler: Sampler, trials: int | None) -> int:
    """How many trials. Raises BadSetting for none."""
    if trials is not None and trials < 1:
        raise BadSetting(f"trials={trials} are none. At least 1 was expected. Give more.", setting="trials")
    if sampler != "grid":
        return TRIALS if trials is None else trials
    points = len(grid(space))
    return points if trials is None else min(trials, points)


def refuse(recipe: Recipe, space: Space, metric: str, task: str) -> None:
    """Before anything is trained: raise BadSetting for a metric or values that cannot be."""
    known = ["loss", *MEASURES[task]]
    if metric not in known:
        raise BadSetting(
            f"no metric {metric!r} for {task} tasks. {near(metric, known)}Metrics are: {', '.join(known)}. Choose one.",
            setting="metric",
        )
    if metric == "loss" and "loss" in space:
        raise BadSetting(
            "losses of different kinds cannot be compared, and the space holds several. One yardstick was expected. "
            f"Say metric={known[1]!r}.",
            setting="metric",
        )
    build(type(recipe), settings_of(recipe) | first(space), {}, ())


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """The settings of a recipe, as they are handed to its schema."""
    return {name: value for name, value in as_json(recipe).items() if name != "method"}


def asked(recipe: Recipe, space: Space, metric: str, sampler: Sampler, data: Data) -> dict[str, Any]:
    """What a study asks, as plain JSON."""
    fixed = {name: value for name, value in settings_of(recipe).items() if name not in space}
    where = {name: each.as_json() for name, each in space.items()}
    known = {"recipe": recipe.name, "settings": fixed, "space": where, "metric": metric, "sampler": sampler}
    return known | {"data": data.digest()}


class Objective:
    """One trial: a network with other settings, and how well it does on the validation part."""

    def __init__(
        self,
        recipe: Recipe,
        space: Space,
        data: Data,
        metric: str,
        grid: bool,
        study: Any,
        report: Report | None,
        many: int,
    ) -> None:
        self.recipe, self.space, self.data, self.metric, self.grid = recipe, space, data, metric, grid
        self.study, self.report, self.many = study, report, many

    def __call__(self, trial: Any) -> float:
        if self.grid:
            refuse_twin(self.study, trial.number)
        pruned = optuna_of().TrialPruned
        try:
            return self.value(trial, pruned)
        except (TrainingFailed, BadSetting, OutOfMemory) as error:
            trial.set_user_attr(FAILED, str(error))
            raise pruned(str(error)) from error
        finally:
            if self.report is not None:
                self.report(min(done(self.study) + 1, self.many), self.many)

    def value(self, trial: Any, pruned: type[Exception]) -> float:
        settings = settings_of(self.recipe) | drawn(trial, self.space)
        recipe = build(type(self.recipe), settings, {}, ())
        rows: list[Mapping[str, Any]] = []

        def heard(row: Mapping[str, Any]) -> None:
            rows.append(row)
            trial.report(kept(rows, self.metric), len(rows))
            if trial.should_prune():
                raise pruned(f"after {len(rows)} epochs")

        try:
            with tempfile.TemporaryDirectory() as folder:
                _, state = teach(recipe, self.data, Path(folder), None, heard)
            rows = list(state.history)
        finally:
            trial.set_user_attr(CURVE, [float(row[f"val_{self.metric}"]) for row in rows])
        return kept(rows, self.metric)


def kept(rows: Sequence[Mapping[str, Any]], metric: str) -> float:
    """The measure at the epoch whose weights are kept, that of the lowest validation loss.

    Raises TrainingFailed where that is no number.
    """
    best = min(rows, key=lambda row: math.inf if math.isnan(row["val_loss"]) else row["val_loss"])
    value = float(best[f"val_{metric}"])
    if not math.isfinite(value):
        raise TrainingFailed(
            f"the {metric} on the validation part is {value}. A finite one was expected. Try lower rates."
        )
    return value


def best_of(found: Explanation) -> dict[str, Any]:
    """The best settings. Raises TrainingFailed when no trial could learn."""
    if found.checks["best"] is None:
        last = [*found.checks["warnings"], "All of them were pruned."][0]
        raise TrainingFailed(
            f"no trial of {found.checks['trials']} could learn. The first: {last} Try lower rates, or another space."
        )
    return dict(found.checks["best"])


def tested(recipe: Recipe, best: dict[str, Any], data: Data, place: Path) -> Run:
    """The run with the best settings: as it is, where it is already finished; else trained and tested."""
    winner = build(type(recipe), settings_of(recipe) | best, {}, ())
    if (place / RUN).is_file():
        known = read_about(place)
        if known.get("settings") == settings_of(winner):
            if known.get("finished"):
                return Run(place)
        else:  # of fewer trials
            (place / RUN).unlink()
            shutil.rmtree(place / CHECKPOINTS, ignore_errors=True)
    return train(winner, data, name=place.name, folder=place.parent)
