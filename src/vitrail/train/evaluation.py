"""How well predictions do on examples that nothing was chosen by."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vitrail.errors import BadInput
from vitrail.explanation import Array, Explanation
from vitrail.train import calibration, ranked, residuals
from vitrail.train.confusion import by_class, confusion, over_classes, two_by_two
from vitrail.train.draws import CONFIDENCE, mean_of, measured, number, sets_for

NEAR = 1e-7  #: probabilities are held this far from 0 and 1 in the log loss
CURVES = 20  #: classes whose curves are kept; of more, those with the lowest area under the ROC curve
TASKS = ("binary", "multiclass", "multilabel", "regression")

Axes = dict[str, tuple[str, ...]]


def evaluation(y: Array, scores: Array, task: str, classes: Sequence[str]) -> Explanation:
    """What there is to say about predictions, of kind "evaluation".

    y        (n,) whole numbers of classes; (n, k) 0 or 1 for several labels; (n,) or (n, k) numbers for regression
    scores   (n, k) probabilities, one column where the task is binary: that of the second class; or numbers
    classes  names of the classes, or of the numbers that are predicted

    Checks hold the measures and, under "intervals", their 95 % intervals by the bootstrap over the examples; None for
    what is not defined. For classes: accuracy, balanced accuracy, precision, recall, F1 (means over the classes), AUC
    (one class against the rest, mean), log loss, expected calibration error, and the share of the most frequent class.
    For numbers: RMSE, MAE, R2, bias. Arrays hold the same for each class, confusion, curves, reliability, and for each
    example what is true, what was said, and "values": whether that is right (the share of labels that are), or the
    residual, true minus predicted.

    Raises BadInput for predictions that are missing, no numbers, no probabilities, or of another shape.
    """
    truth, told = checked(np.asarray(y), np.asarray(scores), task, classes)
    if task == "regression":
        return of_numbers(truth, told, classes)
    return of_labels(truth, told, classes) if task == "multilabel" else of_classes(truth, told, classes, task)


def of_classes(truth: Array, chances: Array, classes: Sequence[str], task: str) -> Explanation:
    """One class for each example; `chances` (n, classes) of all of them."""
    said, rows, k = chances.argmax(1), np.arange(len(truth)), chances.shape[1]
    if task == "binary":
        said = (chances[:, 1] > 0.5).astype(np.int64)
    right, own = said == truth, chances[rows, truth]
    real, called = np.eye(k, dtype=bool)[truth], np.eye(k, dtype=bool)[said]
    losses = -np.log(np.clip(own, NEAR, 1 - NEAR))
    sure, so = (chances[:, 1], truth == 1) if task == "binary" else (chances.max(1), right)
    arrays, axes, checks = about_classes(real, called, chances, sure, so, {"accuracy": right, "log_loss": losses})
    arrays |= {"values": right.astype(np.float64), "truth": truth, "predicted": said, "probability": own}
    arrays["confusion"], axes["confusion"] = confusion(truth, said, k), ("class", "class")
    checks["most_frequent"] = float(np.bincount(truth).max() / len(truth))
    each: Axes = dict.fromkeys(("values", "truth", "predicted", "probability"), ("batch",))
    return answered(task, arrays, axes | each, checks, chances, {"class": list(map(str, classes))})


def of_labels(truth: Array, chances: Array, classes: Sequence[str]) -> Explanation:
    """Several labels at once; `truth` and `chances` are (n, labels)."""
    real, called = truth > 0, chances > 0.5
    right, own = real == called, np.where(real, chances, 1 - chances)
    losses = -np.log(np.clip(own, NEAR, 1 - NEAR)).mean(1)
    means = {"accuracy": right.mean(1), "exact_match": right.all(1), "log_loss": losses}
    arrays, axes, checks = about_classes(real, called, chances, chances.ravel(), real.ravel(), means)
    checks.pop("balanced_accuracy")
    checks["intervals"].pop("balanced_accuracy")
    arrays |= {"values": right.mean(1), "truth": real.astype(np.int64), "predicted": called.astype(np.int64)}
    arrays |= {"probability": own.min(1), "accuracy": right.mean(0), "confusion": two_by_two(real, called)}
    axes |= {"values": ("batch",), "truth": ("batch", "class"), "predicted": ("batch", "class")}
    axes |= {"probability": ("batch",), "accuracy": ("class",), "confusion": ("class", "bin", "bin")}
    return answered("multilabel", arrays, axes, checks, chances, {"class": list(map(str, classes))})


def of_numbers(truth: Array, predicted: Array, names: Sequence[str]) -> Explanation:
    """(n, outputs) numbers that were predicted."""
    n, k = truth.shape
    each = residuals.by_output(truth, predicted, np.ones((1, n)))
    headline, intervals = measured(
        lambda weights: {m: mean_of(v) for m, v in residuals.by_output(truth, predicted, weights).items()},
        n,
        sets_for(n, k),
    )
    arrays = {"values": truth - predicted, "truth": truth, "predicted": predicted}
    axes: Axes = dict.fromkeys(arrays, ("batch", "feature")) | dict.fromkeys(each, ("feature",))
    arrays |= {name: value[0] for name, value in each.items()}
    checks = {**headline, "intervals": intervals, "examples": n}
    known = list(map(str, names)) if len(names) == k else [f"output {i}" for i in range(k)]
    return answered("regression", arrays, axes, checks, predicted, {"feature": known})


def about_classes(
    real: Array, called: Array, chances: Array, sure: Array, so: Array, means: Mapping[str, Array]
) -> tuple[dict[str, Array], Axes, dict[str, Any]]:
    """What one class and several labels have in common, from (n, k) yes and no, and their probabilities.

    sure, so   probabilities, and whether it was so: for the calibration
    means      name -> (n,) what is a mean over the examples
    """
    n, k = real.shape
    each = {name: value[0] for name, value in by_class(real, called, np.ones((1, n))).items()}
    known = [j for j in range(k) if 0 < real[:, j].sum() < n]
    areas = {j: ranked.area(real[:, j], chances[:, j]) for j in known}
    each["auc"] = np.array([areas[j](np.ones((1, n)))[0] if j in areas else np.nan for j in range(k)])
    bins = calibration.reliability(sure, so)
    headline, intervals = measured(summed(real, called, areas, means), n, sets_for(n, k))
    arrays = {**each, "calibration": bins}
    axes: Axes = dict.fromkeys(each, ("class",)) | {"calibration": ("bin", "metric")}
    precise = np.full(k, np.nan)
    drawn = sorted(sorted(known, key=lambda j: each["auc"][j])[:CURVES])
    for j in known:
        curve, precise[j] = ranked.precision_recall(real[:, j], chances[:, j])
        if j in drawn:
            arrays |= {f"roc/{j}": ranked.roc(real[:, j], chances[:, j]), f"pr/{j}": curve}
            axes |= dict.fromkeys((f"roc/{j}", f"pr/{j}"), ("step", "metric"))
    arrays["average_precision"], axes["average_precision"] = precise, ("class",)
    checks = {**headline, "calibration_error": calibration.expected_error(bins), "intervals": intervals, "examples": n}
    return arrays, axes, checks


def summed(
    real: Array, called: Array, areas: Mapping[int, Callable[[Array], Array]], means: Mapping[str, Array]
) -> Callable[[Array], dict[str, Array]]:
    """The headline numbers of weighted sets of the examples."""

    def of(weights: Array) -> dict[str, Array]:
        told = {name: weights @ each.astype(np.float64) / weights.sum(1) for name, each in means.items()}
        told |= over_classes(real, called, weights)
        every = [area(weights) for area in areas.values()] or [np.full(len(weights), np.nan)]
        return {**told, "auc": mean_of(np.stack(every, 1))}

    return of


def answered(
    task: str,
    arrays: Mapping[str, Array],
    axes: Axes,
    checks: Mapping[str, Any],
    scores: Array,
    own: Mapping[str, Any],
) -> Explanation:
    named = {"roc": ranked.ROC, "pr": ranked.PR, "calibration": calibration.RELIABILITY}
    return Explanation(
        "evaluation",
        arrays,
        axes,
        {"task": task, **checks},
        scores,
        {"task": task},
        {**own, **(named if task != "regression" else {})},
        {"method": "evaluation", "settings": {"confidence": CONFIDENCE, "bins": calibration.BINS}},
    )


# -- what is refused ---------------------------------------------------------------------------------------


def checked(y: Array, scores: Array, task: str, classes: Sequence[str]) -> tuple[Array, Array]:
    """(n,) or (n, k) what is true, and (n, k) what was said, as the task has them."""
    refuse_unless(task in TASKS, f"task={task!r} is not known", f"One of {', '.join(TASKS)}", "Name one")
    refuse_unless(len(y) > 0, "there is not one example", "At least one, with its answer,", "Give some")
    refuse_unless(
        len(y) == len(scores), f"{len(scores)} predictions for {len(y)} answers", "One for each", "Predict all of them"
    )
    told = scores.reshape(len(scores), -1).astype(np.float64)
    lost = ~np.isfinite(told).all(1)
    refuse_unless(
        not lost.any(),
        f"{int(lost.sum())} predictions are no finite numbers, the first for example {int(lost.argmax())}",
        "A number for every output",
        "Look for missing values among the inputs, or train with a lower rate",
    )
    if task == "regression":
        truth = y.reshape(len(y), -1).astype(np.float64)
        refuse_unless(
            truth.shape == told.shape,
            f"{told.shape[1]} numbers are predicted, {truth.shape[1]} known",
            "As many of each",
            "Predict all of them",
        )
        return truth, told
    wide = len(classes) if task != "binary" or told.shape[1] == 2 else 1
    refuse_unless(
        told.shape[1] == wide,
        f"{told.shape[1]} scores are given for {len(classes)} classes",
        f"{wide} for each example",
        "Name the classes that the network has",
    )
    refuse_no_chances(told, task)
    if task == "multilabel":
        return y, told
    return labelled(y, len(classes)), np.concatenate([1 - told, told], 1) if told.shape[1] == 1 else told


def labelled(y: Array, classes: int) -> Array:
    """The numbers of classes, if they are some."""
    outside = (y < 0) | (y >= classes)
    refuse_unless(
        y.ndim == 1 and not outside.any(),
        f"the answers are no numbers of {classes} classes: {number_of(y, outside)}",
        f"Whole numbers from 0 to {classes - 1}, one for each example,",
        "Number the classes so",
    )
    return y.astype(np.int64)


def number_of(y: Array, outside: Array) -> str:
    return f"shape {y.shape}" if y.ndim != 1 else f"{y[outside][:1].tolist()} is among them"


def refuse_no_chances(told: Array, task: str) -> None:
    whole = task == "multilabel" or told.shape[1] == 1 or bool(np.abs(told.sum(1) - 1).max() < 1e-3)
    refuse_unless(
        bool((told >= -1e-6).all() and (told <= 1 + 1e-6).all()) and whole,
        f"the scores are no probabilities: from {number(told.min())} to {number(told.max())}",
        "Numbers from 0 to 1 that sum to 1 over the classes, one for each label where there are several,",
        "Put a softmax or a sigmoid over them",
    )


def refuse_unless(fits: bool, wrong: str, expected: str, do: str) -> None:
    """Raise BadInput unless it fits."""
    if not fits:
        raise BadInput(f"{wrong}. {expected} was expected. {do}.")
