"""A study of Optuna: kept where a killed one goes on, with one trial after the other, each point of a grid once."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from vitrail.errors import BadSetting, CannotOpen, MissingExtra
from vitrail.train.space import Space, grid

Sampler = Literal["tpe", "random", "grid"]
Pruner = Literal["median"]
QUESTION = "vitrail.question"  #: what a study asks, as JSON
BEAT = 60  #: seconds between two signs of life of a worker; after twice as long its trial is given up
DONE = ("COMPLETE", "PRUNED")
STARTUP, WARMUP = 5, 3  #: trials, and epochs of each, that the median pruner lets be


def optuna_of() -> Any:
    """Optuna. Raises MissingExtra."""
    try:
        import optuna
    except ImportError as error:
        raise MissingExtra("optuna", "tune", "tuning") from error
    return optuna


@contextmanager
def quiet(optuna: Any) -> Iterator[None]:
    """Without its messages on the terminal, and without its warning that signs of life are experimental."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


@contextmanager
def opened(
    storage: str | None, place: Path, name: str, direction: str, question: Mapping[str, Any], pruner: Pruner | None
) -> Iterator[Any]:
    """The study, new or as it was left.

    storage   the URL of a database that many workers share; None for SQLite at `place`, with one worker

    Raises CannotOpen for a storage that cannot be reached, BadSetting for a study that asks something else.
    """
    optuna = optuna_of()
    with quiet(optuna):
        place.parent.mkdir(parents=True, exist_ok=True)
        shared = {} if storage is None else {"heartbeat_interval": BEAT}
        try:
            kept = optuna.storages.RDBStorage(storage or f"sqlite:///{place}", **shared)
        except Exception as error:  # of any database and its driver
            raise CannotOpen(
                f"the storage {storage or str(place)!r} could not be opened ({error}). The URL of a database was "
                "expected, such as sqlite:///tuning.db. Correct it."
            ) from error
        try:
            study = optuna.create_study(
                storage=kept,
                study_name=name,
                direction=direction,
                pruner=pruner_of(optuna, pruner),
                load_if_exists=True,
            )
            refuse_other(study, question)
            if storage is None:
                give_up(study)
            else:
                optuna.storages.fail_stale_trials(study)
            yield study
        finally:
            kept.remove_session()
            kept.engine.dispose()


def refuse_other(study: Any, question: Mapping[str, Any]) -> None:
    """The question is written beside a new study; raise BadSetting where another one is already there."""
    asked = json.loads(json.dumps(question))
    known = study.user_attrs.get(QUESTION)
    if known is None:
        study.set_user_attr(QUESTION, asked)
        return
    for name, value in asked.items():
        if known.get(name) != value:
            raise BadSetting(
                f"the study {study.study_name!r} has other {name}: {known.get(name)!r}, not {value!r}. The same "
                "question was expected, to go on with it. Take another name=, or say overwrite=True.",
                setting=name,
            )


def give_up(study: Any) -> None:
    """Trials that were running when the only worker was killed."""
    state = optuna_of().trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(state.RUNNING,)):
        study.tell(trial.number, state=state.FAIL)


def done(study: Any) -> int:
    """Trials that need no other one in their place."""
    return sum(trial.state.name in DONE for trial in study.get_trials(deepcopy=False))


def running(study: Any) -> int:
    """Trials that other workers are at."""
    return sum(trial.state.name == "RUNNING" for trial in study.get_trials(deepcopy=False))


def work(
    study: Any, space: Space, sampler: Sampler, trials: int, seed: int | None, objective: Callable[[Any], float]
) -> None:
    """Trial after trial, until so many are done or nothing of the grid is left.

    seed   with it, a trial is decided by what came before it, also after a kill; None where several workers draw

    Raises what `objective` raises.
    """
    optuna = optuna_of()
    points = grid(space) if sampler == "grid" else None
    with quiet(optuna):
        while (count := done(study)) < trials:
            own = None if seed is None else int(np.random.SeedSequence((seed, count)).generate_state(1)[0])
            study.sampler = sampler_of(optuna, sampler, own)
            if points is not None and not claim(study, points):
                return
            study.optimize(objective, n_trials=1, catch=(Twin,))


class Twin(Exception):
    """Another worker has this point of the grid."""


def claim(study: Any, points: Sequence[Mapping[str, Any]]) -> bool:
    """Put the first point of the grid that nobody has into the queue; whether there is one."""
    known = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name != "FAIL"]
    taken = [claimed(trial) for trial in known]
    left = [point for point in points if point not in taken]
    waiting = any(trial.state.name == "WAITING" for trial in known)
    if left and not waiting:
        study.enqueue_trial(dict(left[0]))
    return bool(left) or waiting


def refuse_twin(study: Any, number: int) -> None:
    """Raise Twin for a trial that came too late: its point was claimed before, or the queue was empty."""
    known = study.get_trials(deepcopy=False)
    own = claimed(known[number])
    earlier = [trial for trial in known[:number] if trial.state.name != "FAIL"]
    if own is None or any(claimed(trial) == own for trial in earlier):
        raise Twin(f"trial {number} has nothing to do")


def claimed(trial: Any) -> Any:
    """The point of the grid that a trial was made for; None for one that was not."""
    return trial.system_attrs.get("fixed_params")


def sampler_of(optuna: Any, name: Sampler, seed: int | None) -> Any:
    if name not in get_args(Sampler):
        raise BadSetting(
            f"no sampler named {name!r}. Samplers are: {', '.join(get_args(Sampler))}. Choose one.", setting="sampler"
        )
    samplers = optuna.samplers
    return samplers.TPESampler(seed=seed) if name == "tpe" else samplers.RandomSampler(seed=seed)


def pruner_of(optuna: Any, name: Pruner | None) -> Any:
    if name not in (*get_args(Pruner), None):
        raise BadSetting(f"no pruner named {name!r}. 'median' or None was expected. Choose one.", setting="pruner")
    return optuna.pruners.NopPruner() if name is None else optuna.pruners.MedianPruner(STARTUP, WARMUP + 1)


def importances(study: Any, seed: int) -> dict[str, float]:
    """Setting -> the share of the variance between trials that it explains alone, by fANOVA   [1].

    Nothing for fewer than four complete trials, or where all of them are equally good.

    [1] Hutter, Hoos, Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", 2014
    """
    optuna = optuna_of()
    values = [trial.value for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if len(values) < 4 or len(set(values)) == 1:
        return {}
    judge = optuna.importance.FanovaImportanceEvaluator(seed=seed % 2**32)
    with quiet(optuna):
        found = optuna.importance.get_param_importances(study, evaluator=judge, normalize=False)
    return {name: float(share) for name, share in found.items()}


def removed(place: Path) -> None:
    """Forget the study of a folder."""
    for beside in ("", "-journal", "-wal", "-shm"):
        place.with_name(place.name + beside).unlink(missing_ok=True)
