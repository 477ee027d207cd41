"""What a study found: its trials, the best of them, and which settings mattered."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitrail.explanation import Array, Explanation
from vitrail.train.space import Choices, Space, valued

CURVE, FAILED = "vitrail.curve", "vitrail.failed"  #: user attributes of a trial
STATES = ("complete", "pruned", "failed")


def tuning(study: Any, space: Space, importances: Mapping[str, float], about: Mapping[str, Any]) -> Explanation:
    """The trials of a study of Optuna, of kind "tuning".

    Arrays: "values" (sample,) what each trial reached, NaN for those that did not end; "best" (sample,) the best so
    far; "state" (sample,) places in labels["state"]; "setting" (sample, feature) numbers, or places in
    labels["choice"][name]; "curve" (sample, step) epoch by epoch, NaN behind the end; "importance" (feature,).
    Checks: counts of trials, "best" settings and their "value", "trial" which it is, metric, direction, and "warnings"
    with a sentence for each trial that failed. None where no trial is complete.
    """
    trials = [t for t in study.get_trials(deepcopy=False) if t.state.name in ("COMPLETE", "PRUNED")]
    states = np.array([state_of(trial) for trial in trials], np.int64)
    failures = [f"trial {i} failed: {t.user_attrs[FAILED]}" for i, t in enumerate(trials) if FAILED in t.user_attrs]
    values = np.array([trial.value if state == 0 else np.nan for trial, state in zip(trials, states, strict=True)])
    sign = 1 if about["direction"] == "minimize" else -1
    so_far = sign * np.fmin.accumulate(sign * values) if len(values) else values
    arrays = {"values": values, "best": so_far, "state": states, "setting": numbered(trials, space)}
    arrays |= {"curve": curves(trials), "importance": np.array([importances.get(name, np.nan) for name in space])}
    axes: dict[str, tuple[str, ...]] = dict.fromkeys(("values", "best", "state"), ("sample",))
    axes |= {"setting": ("sample", "feature"), "curve": ("sample", "step"), "importance": ("feature",)}
    counts = {name: int((states == i).sum()) for i, name in enumerate(STATES)}
    checks = {"trials": len(trials), **counts, "best": None, "value": None, "trial": None, **about}
    if counts["complete"]:
        best = int(np.nanargmin(sign * values))
        checks |= {"best": valued(space, trials[best].params), "value": float(values[best]), "trial": best}
    checks |= {"warnings": failures, "run": None, "test": None}
    choices = {name: where.texts for name, where in space.items() if isinstance(where, Choices)}
    scales = {name: "log" for name, where in space.items() if not isinstance(where, Choices) and where.log}
    ranges = {name: [where.low, where.high] for name, where in space.items() if not isinstance(where, Choices)}
    labels = {"feature": list(space), "choice": choices, "scale": scales, "range": ranges, "state": list(STATES)}
    return Explanation("tuning", arrays, axes, checks, np.zeros((0, 0)), {}, labels)


def state_of(trial: Any) -> int:
    return 2 if FAILED in trial.user_attrs else 0 if trial.state.name == "COMPLETE" else 1


def numbered(trials: Sequence[Any], space: Space) -> Array:
    """(trials, settings) numbers; places of choices; NaN for what was not drawn."""
    found = np.full((len(trials), len(space)), np.nan)
    for i, trial in enumerate(trials):
        for j, (name, where) in enumerate(space.items()):
            if name in trial.params:
                told = trial.params[name]
                found[i, j] = where.texts.index(told) if isinstance(where, Choices) else told
    return found


def curves(trials: Sequence[Any]) -> Array:
    """(trials, most epochs) what was measured after each epoch."""
    rows = [list(trial.user_attrs.get(CURVE, ())) for trial in trials]
    found = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
    for i, row in enumerate(rows):
        found[i, : len(row)] = row
    return found
