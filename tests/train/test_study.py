"""Studies: kept, gone on with as if never stopped, each point of a grid once, also by several workers."""

import sqlite3
import sys
from collections import Counter
from contextlib import contextmanager

import numpy as np
import optuna
import pytest

from vitrail.errors import BadSetting, CannotOpen, MissingExtra
from vitrail.train.space import Choices, Range, drawn
from vitrail.train.study import done, importances, opened, optuna_of, refuse_twin, removed, running, work

SPACE = {"a": Range(-1.0, 1.0), "b": Range(1e-3, 1.0, log=True), "c": Choices(("x", "y"))}
GRID = {"a": Choices((1, 2, 3)), "b": Choices(("x", "y"))}
ASKED = {"recipe": "known", "space": "this"}


@contextmanager
def at(folder, storage=None, question=ASKED, pruner=None):
    with opened(storage, folder / "tuning.db", "name", "minimize", question, pruner) as study:
        yield study


def bowl(trial):
    point = drawn(trial, SPACE)
    return point["a"] ** 2 + 0.01 * np.log(point["b"]) ** 2


def drawn_by(study):
    return [trial.params for trial in study.get_trials() if trial.state.name == "COMPLETE"]


class Killed(BaseException):
    """Nothing that runs afterwards puts anything in order."""


def ending(how):
    def objective(trial):
        drawn(trial, SPACE)
        raise how

    return objective


@pytest.mark.parametrize(("sampler", "how"), [("tpe", Killed), ("random", KeyboardInterrupt)])
def test_after_a_stop_it_goes_on_as_if_there_had_been_none(tmp_path, sampler, how):
    with at(tmp_path / "whole") as study:
        work(study, SPACE, sampler, 12, 3, bowl)
        whole = drawn_by(study)
    assert len({str(point) for point in whole}) == 12
    with at(tmp_path / "cut") as study:
        work(study, SPACE, sampler, 10, 3, bowl)
        with pytest.raises(how):
            work(study, SPACE, sampler, 12, 3, ending(how))
        assert running(study) == (how is Killed)
    with at(tmp_path / "cut") as study:
        assert (done(study), running(study)) == (10, 0)
        work(study, SPACE, sampler, 12, 3, bowl)
        assert drawn_by(study) == whole


def test_another_seed_draws_something_else(tmp_path):
    found = []
    for seed in (3, 4):
        with at(tmp_path / str(seed)) as study:
            work(study, SPACE, "random", 1, seed, bowl)
            found += drawn_by(study)
    assert found[0] != found[1]


def visits(study, seen, inside=None):
    """An objective that counts the points of the grid it is called for."""

    def objective(trial):
        refuse_twin(study, trial.number)
        point = drawn(trial, GRID)
        seen[tuple(point.values())] += 1
        if inside is not None:
            inside()
        return float(point["a"])

    return objective


def test_a_grid_is_exhausted_once_whatever_happens(tmp_path):
    seen = Counter()
    with at(tmp_path) as study:
        work(study, GRID, "grid", 4, 0, visits(study, seen))
        study.enqueue_trial({"a": "3", "b": "x"})
        study.ask()  # killed in the middle of that point
    with at(tmp_path) as study:
        work(study, GRID, "grid", 6, 0, visits(study, seen))
        work(study, GRID, "grid", 99, 0, visits(study, seen))  # nothing is left
    assert seen == {(a, b): 1 for a in (1, 2, 3) for b in "xy"}


def test_two_workers_share_a_grid(tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    seen, calls = Counter(), []
    with at(tmp_path, url) as one, at(tmp_path, url) as other:

        def inside():
            if not calls:  # while the first worker is at its first point
                calls.append(running(one))
                work(other, GRID, "grid", 6, None, visits(other, seen))

        work(one, GRID, "grid", 6, None, visits(one, seen, inside))
        assert calls == [1]
        assert done(one) == 6
    assert seen == {(a, b): 1 for a in (1, 2, 3) for b in "xy"}


def test_a_point_that_two_have_claimed_is_done_by_the_first(tmp_path):
    seen = Counter()
    with at(tmp_path) as study:
        for _ in range(2):
            study.enqueue_trial({"a": "1", "b": "x"})
        work(study, GRID, "grid", 6, 0, visits(study, seen))
        states = [trial.state.name for trial in study.get_trials()]
    assert set(seen.values()) == {1}
    assert len(seen) == 6
    assert states.count("FAIL") == 1
    assert states[1] == "FAIL"


def test_a_study_that_asks_something_else_is_refused(tmp_path):
    with at(tmp_path) as study:
        work(study, SPACE, "random", 1, 0, bowl)
    with (
        pytest.raises(BadSetting, match="has other space: 'this', not 'that'"),
        at(tmp_path, question={**ASKED, "space": "that"}),
    ):
        pass
    removed(tmp_path / "tuning.db")
    with at(tmp_path, question={**ASKED, "space": "that"}) as study:
        assert study.get_trials() == []


@pytest.mark.parametrize("url", ["nonsense", "nonsense://nowhere", "sqlite:////nowhere/at/all.db"])
def test_a_storage_that_cannot_be_reached_is_refused(tmp_path, url):
    with pytest.raises(CannotOpen, match="could not be opened"), at(tmp_path, url):
        pass


def test_names_that_do_not_exist_are_refused(tmp_path):
    with at(tmp_path) as study, pytest.raises(BadSetting, match="no sampler named 'gird'"):
        work(study, SPACE, "gird", 1, 0, bowl)
    with pytest.raises(BadSetting, match="no pruner named 'mean'"), at(tmp_path, pruner="mean"):
        pass


def test_the_median_pruner_ends_what_is_worse_than_half_of_those_before(tmp_path):
    ended = []

    def objective(trial):
        level = float(trial.number)
        for epoch in range(1, 7):
            trial.report(level, epoch)
            if trial.should_prune():
                ended.append((trial.number, epoch))
                raise optuna.TrialPruned
        return level

    with at(tmp_path, pruner="median") as study:
        work(study, SPACE, "random", 8, 0, objective)
        assert done(study) == 8
    assert [number for number, _ in ended] == [5, 6, 7]  # each is worse than all before; five are let be
    assert {epoch for _, epoch in ended} == {4}  # and three epochs of each


def test_what_mattered_is_what_the_value_depends_on(tmp_path):
    def objective(trial):
        return drawn(trial, SPACE)["a"] ** 2

    with at(tmp_path) as study:
        work(study, SPACE, "random", 3, 0, objective)
        assert importances(study, 0) == {}  # too few
        work(study, SPACE, "random", 30, 0, objective)
        found = importances(study, 0)
        assert importances(study, 0) == found
    assert set(found) == set(SPACE)
    assert found["a"] > 0.8
    assert max(found["b"], found["c"]) < 0.1
    assert sum(found.values()) <= 1 + 1e-9


def test_where_all_are_alike_nothing_mattered(tmp_path):
    with at(tmp_path) as study:
        work(study, SPACE, "random", 6, 0, lambda trial: drawn(trial, SPACE) and 1.0)
        assert importances(study, 0) == {}


def test_optuna_is_quiet_and_left_as_it_was(tmp_path, capfd):
    before = optuna.logging.get_verbosity()
    with at(tmp_path) as study:
        work(study, SPACE, "random", 2, 0, bowl)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vitrail\[tune\]'"):
        optuna_of()


def test_what_a_silent_worker_was_at_is_given_up(tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    with at(tmp_path, url) as study:
        with pytest.raises(Killed):
            work(study, SPACE, "random", 1, None, ending(Killed))
        assert running(study) == 1
    with at(tmp_path, url) as study:
        assert running(study) == 1  # it gave a sign of life a moment ago
    with sqlite3.connect(tmp_path / "shared.db") as database:
        database.execute("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-1 day')")
    database.close()
    with at(tmp_path, url) as study:
        assert running(study) == 0
        work(study, SPACE, "random", 1, None, bowl)
        assert done(study) == 1
