"""Cross-validation: every example but those of the test part is held out once, and scored by a network new to it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadSetting
from vitrail.explanation import Array, Explanation
from vitrail.methods.settings import as_json
from vitrail.model.progress import Report, reporting
from vitrail.model.undisturbed import undisturbed
from vitrail.model.versions import versions
from vitrail.train.data import Data, Part, split
from vitrail.train.draws import CONFIDENCE
from vitrail.train.evaluation import evaluation
from vitrail.train.heads import refuse_task
from vitrail.train.recipe import Recipe
from vitrail.train.sources import data_of
from vitrail.train.teach import said, teach
from vitrail.train.verb import recipe_of

MEASURES = ("accuracy", "balanced_accuracy", "exact_match", "f1", "auc", "log_loss", "rmse", "mae", "r2")
#: what a measure can be, where that is not from 0 to 1
BOUNDS = {"log_loss": (0.0, np.inf), "rmse": (0.0, np.inf), "mae": (0.0, np.inf), "r2": (-np.inf, 1.0)}


def cross_validate(
    recipe: str | Mapping[str, Any] | Recipe,
    data: Any,
    target: str | None = None,
    *,
    folds: int = 5,
    progress: bool | Report = False,
    **settings: Any,
) -> Explanation:
    """How well a recipe does on what it has not seen, by k-fold cross-validation.

    The training and validation parts are put together and cut into folds, class by class in the same shares. Each fold
    is scored by a network that learnt from the others; a share of those, as large as the validation part was, chooses
    its epoch. So no score is of examples that anything was chosen by, and the test part is not touched.

    recipe, data, target, settings   as for `vitrail.train`; the recipe's seed is also that of the folds
    folds       how many, at least 2
    progress    True for a bar, or a function of (folds done, folds in all)

    Gives an Explanation of kind "evaluation" over all held-out examples, with array "fold" (batch,) and "row" (batch,)
    of each, and `checks["folds"]`: measure -> {"each": one number for each fold, "mean", "interval"}. The interval is
    Student's t with a variance that allows for what the networks share: s^2 (1/k + 1/(k - 1)), and not s^2 / k   [1].

    Raises BadSetting for fewer than 2 folds or fewer examples than folds, and what `vitrail.train` raises.

    [1] Nadeau, Bengio, "Inference for the Generalization Error", 2003: the corrected resampled t-test
    """
    how = recipe_of(recipe, settings)
    lessons = data if isinstance(data, Data) else data_of(data, target)
    refuse_task(how, lessons)
    seed = how.fitting.seed
    parts = folded(lessons, folds, seed)
    scores: list[Array] = []
    with undisturbed(), reporting(progress, "cross-validation", "folds") as report:
        for k in range(folds):
            scores.append(scored(how, without(lessons, parts, k, seed)))
            if report is not None:
                report(k + 1, folds)
    rows = np.concatenate(parts)
    whole = evaluation(lessons.y[rows], np.concatenate(scores), lessons.task, lessons.classes)
    each = [
        evaluation(lessons.y[own], said, lessons.task, lessons.classes).checks
        for own, said in zip(parts, scores, strict=True)
    ]
    arrays = {**whole.arrays, "row": rows, "fold": np.repeat(np.arange(folds), list(map(len, parts)))}
    settings = {**as_json(how), "method": how.name, "folds": folds}
    about = {"method": "cross-validation", "recipe": how.name, "settings": settings, "versions": versions()}
    return replace(
        whole,
        arrays=arrays,
        axes={**whole.axes, "row": ("batch",), "fold": ("batch",)},
        checks={**whole.checks, "folds": summed_up(each)},
        provenance={**about, "data": {"digest": lessons.digest()}},
    )


def folded(data: Data, folds: int, seed: int) -> list[Array]:
    """Rows of each fold: those for training and validation, dealt out class by class after shuffling."""
    rows = np.sort(np.concatenate([data.rows["train"], data.rows["validation"]]))
    if not 2 <= folds <= len(rows) // 2:
        raise BadSetting(
            f"folds={folds} of {len(rows)} examples cannot be. From 2 to {len(rows) // 2} were expected. Take 5 or 10.",
            setting="folds",
        )
    order = np.random.default_rng(seed).permutation(rows)
    if data.task in ("binary", "multiclass"):
        order = order[np.argsort(data.y[order].reshape(-1), kind="stable")]
    return [np.sort(order[k::folds]) for k in range(folds)]


def without(data: Data, parts: Sequence[Array], held: int, seed: int) -> Data:
    """The data for the network of one fold: it learns and chooses its epoch on the others."""
    others = np.sort(np.concatenate([part for k, part in enumerate(parts) if k != held]))
    share = len(data.rows["validation"]) / (len(data.rows["train"]) + len(data.rows["validation"]))
    y = data.y[others] if data.task in ("binary", "multiclass") else None
    own = split(len(others), y, {"validation": share}, seed)
    rows: dict[Part, Array] = {
        "train": others[own["train"]],
        "validation": others[own["validation"]],
        "test": parts[held],
    }
    return replace(data, rows=rows)


def scored(recipe: Recipe, data: Data) -> Array:
    """(fold, outputs) what a network says of the fold that is held out; it is the test part of these data."""
    with tempfile.TemporaryDirectory() as folder:
        network, _ = teach(recipe, data, Path(folder))
    return said(network, data, "test")


def summed_up(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each measure fold by fold, its mean and interval; None where a fold has none."""
    from scipy.stats import t

    k, found = len(each), {}
    reach = t.ppf((1 + CONFIDENCE) / 2, k - 1) * np.sqrt(1 / k + 1 / (k - 1))
    for name in MEASURES:
        values = [checks[name] for checks in each if checks.get(name) is not None]
        if len(values) == k:
            mean, far = float(np.mean(values)), float(reach * np.std(values, ddof=1))
            ends = np.clip([mean - far, mean + far], *BOUNDS.get(name, (0.0, 1.0)))
            found[name] = {"each": list(map(float, values)), "mean": mean, "interval": ends.tolist()}
    return found
