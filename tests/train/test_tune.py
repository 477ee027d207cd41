"""Tuning: the best of the trials is trained once more and tested once; stopped, failed and pruned trials."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import blobs, numbers
from vitrail.errors import AlreadyExists, BadSetting, TrainingFailed
from vitrail.train import study, tune, verb
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.run import Run

tuned = tune.tune
SPACE = {"rate": (1e-3, 0.3, "log"), "hidden": [[4], [8, 4]]}
RATES = {"rate": [1e-6, 0.01]}
QUICK = {"epochs": 2, "batch": 16}


def clouds():
    return blobs(apart=1.5)


def test_the_best_trial_is_trained_again_and_kept_as_a_run(tmp_path):
    told = []
    given = {"space": SPACE, "trials": 4, "folder": tmp_path, "name": "best", **QUICK}
    answer = tuned("mlp-classifier", clouds(), progress=lambda d, n: told.append((d, n)), **given)
    values = answer.arrays["values"]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(values) == 4
    assert answer.checks["value"] == np.nanmin(values)
    assert np.ptp(values) > 0.01
    run = Run(tmp_path / "best")
    assert answer.checks["run"] == str(run.folder)
    # two routes: what the trial reached, and what the network that was kept did
    assert min(row["val_loss"] for row in run.history) == pytest.approx(answer.checks["value"], rel=1e-6)
    for name, value in answer.checks["best"].items():
        assert run.about["settings"][name] == value
    assert answer.checks["test"]["accuracy"] == run.evaluation.checks["accuracy"]
    assert vitrail.open(run.folder).classes == ("a", "b", "c")
    again = vitrail.load(tmp_path / "best" / "tuning.safetensors")
    np.testing.assert_array_equal(again.arrays["setting"], answer.arrays["setting"])
    assert again.checks["best"] == answer.checks["best"]


def test_the_test_part_is_looked_at_once(tmp_path, monkeypatch):
    """Whatever the test part holds, the trials are the same; and it is evaluated once, also when asked again."""
    seen = []
    judge = verb.evaluation
    monkeypatch.setattr(verb, "evaluation", lambda *args: seen.append(len(args[0])) or judge(*args))
    data = clouds()
    given = {"space": RATES, "sampler": "grid", "folder": tmp_path, **QUICK}
    one = tuned("mlp-classifier", data, name="one", **given)
    assert seen == [len(data.rows["test"])]
    assert tuned("mlp-classifier", data, name="one", **given).checks == one.checks
    assert len(seen) == 1
    x = data.x.copy()
    x[data.rows["test"]] += 100
    other = tuned("mlp-classifier", replace(data, x=x), name="other", **given)
    np.testing.assert_array_equal(one.arrays["values"], other.arrays["values"])
    assert one.checks["test"] != other.checks["test"]


def test_stopped_in_a_trial_it_goes_on_with_the_same_result(tmp_path, monkeypatch):
    given = {"space": SPACE, "trials": 3, "folder": tmp_path, **QUICK}
    whole = tuned("mlp-classifier", clouds(), name="whole", **given)
    teach, count = tune.teach, itertools.count(1)

    def dying(*args):
        if next(count) == 3:
            raise SystemExit  # which leaves a trial running
        return teach(*args)

    with monkeypatch.context() as patch:
        patch.setattr(tune, "teach", dying)
        with pytest.raises(SystemExit):
            tuned("mlp-classifier", clouds(), name="cut", **given)
    assert not (tmp_path / "cut" / "run.json").exists()
    cut = tuned("mlp-classifier", clouds(), name="cut", **given)
    np.testing.assert_array_equal(whole.arrays["values"], cut.arrays["values"])
    np.testing.assert_array_equal(whole.arrays["setting"], cut.arrays["setting"])
    assert whole.checks["test"] == cut.checks["test"]


def test_more_trials_may_be_asked_for_later(tmp_path):
    given = {"space": RATES, "sampler": "grid", "folder": tmp_path, "name": "more", **QUICK}
    few = tuned("mlp-classifier", clouds(), trials=1, **given)
    more = tuned("mlp-classifier", clouds(), **given)
    assert (few.checks["trials"], more.checks["trials"]) == (1, 2)
    assert (few.checks["best"], more.checks["best"]) == ({"rate": 1e-6}, {"rate": 0.01})
    assert Run(tmp_path / "more").about["settings"]["rate"] == 0.01


def test_a_trial_that_fails_counts_as_pruned_and_is_told(tmp_path):
    given = {"sampler": "grid", "folder": tmp_path, "optimizer": "sgd", "epochs": 3}
    answer = tuned("mlp-regressor", numbers(), space={"rate": [1e25, 1e-3]}, name="a", **given)
    assert (answer.checks["failed"], answer.checks["complete"], answer.checks["pruned"]) == (1, 1, 0)
    assert answer.checks["best"] == {"rate": 1e-3}
    assert "trial 0 failed: the loss became" in answer.checks["warnings"][0]
    np.testing.assert_array_equal(answer.arrays["state"], [2, 0])
    with pytest.raises(TrainingFailed, match=r"no trial of 2 could learn. The first: trial 0 failed: the loss became"):
        tuned("mlp-regressor", numbers(), space={"rate": [1e25, 1e26]}, name="b", **given)


def test_hopeless_trials_end_early(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "STARTUP", 1)
    monkeypatch.setattr(study, "WARMUP", 1)
    given = {"space": {"rate": [0.01, 1e-6]}, "sampler": "grid", "folder": tmp_path, "epochs": 5, "batch": 16}
    for pruner, epochs in (("median", [5, 2]), (None, [5, 5])):
        answer = tuned("mlp-classifier", clouds(), pruner=pruner, name=str(pruner), **given)
        assert answer.checks["pruned"] == (pruner is not None)
        assert np.isfinite(answer.arrays["curve"]).sum(1).tolist() == epochs


def test_accuracy_is_to_be_high_and_is_that_of_the_epoch_that_is_kept(tmp_path):
    answer = tuned("mlp-classifier", blobs(), space=RATES, sampler="grid", metric="accuracy", folder=tmp_path, epochs=6)
    values = answer.arrays["values"]
    assert values[1] > values[0]
    assert answer.checks["best"] == {"rate": 0.01}
    assert answer.checks["direction"] == "maximize"
    run = Run(tmp_path / "mlp-classifier-tuned")
    row = min(run.history, key=lambda row: row["val_loss"])
    assert row["val_accuracy"] == pytest.approx(answer.checks["value"])


def test_the_measure_is_that_of_the_lowest_validation_loss():
    rows = [{"val_loss": v, "val_accuracy": a} for v, a in ((3.0, 0.9), (1.0, 0.7), (np.nan, 1.0), (2.0, 0.8))]
    assert tune.kept(rows, "accuracy") == 0.7
    assert tune.kept(rows, "loss") == 1.0
    with pytest.raises(TrainingFailed, match="on the validation part is nan"):
        tune.kept(rows[2:3], "loss")


def test_several_workers_leave_the_test_to_the_last(tmp_path, monkeypatch):
    given = {"space": RATES, "sampler": "grid", "storage": f"sqlite:///{tmp_path / 'shared.db'}", "name": "shared"}
    given |= {"folder": tmp_path, **QUICK}
    teach, told = tune.teach, []

    def other(*args):
        if not told:
            told.append(None)
            told.append(tuned("mlp-classifier", clouds(), **given))  # it takes the point that is left
        return teach(*args)

    monkeypatch.setattr(tune, "teach", other)
    answer = tuned("mlp-classifier", clouds(), **given)
    early = told[1]
    assert (early.checks["run"], early.checks["test"]) == (None, None)
    assert early.checks["trials"] == 1
    assert answer.checks["trials"] == 2
    assert Run(tmp_path / "shared").about["settings"]["rate"] == 0.01


def test_mistakes_are_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(tune, "teach", None)
    given = {"folder": tmp_path}
    for match, wrong in (
        ("no metric 'acuracy' for multiclass tasks. Did you mean 'accuracy'", {"metric": "acuracy"}),
        ("trials=0 are none", {"trials": 0}),
        ("no sampler named 'gird'", {"sampler": "gird"}),
        ("no pruner named 'mean'", {"pruner": "mean"}),
        ("a grid cannot hold every 'rate'", {"sampler": "grid", "space": SPACE}),
        ("rate=-1", {"space": {"rate": [-1, 1]}}),
        ("no setting 'rat'", {"space": {"rat": [1]}}),
        ("no setting 'kernel'", {"kernel": 3}),
    ):
        with pytest.raises(BadSetting, match=match):
            tuned("mlp-classifier", blobs(), **given, **wrong)
    with pytest.raises(BadSetting, match="losses of different kinds.*metric='mae'"):
        tuned("mlp-regressor", numbers(), space={"loss": ["mse", "mae"]}, **given)


def test_another_question_and_a_run_that_was_not_tuned_are_refused(tmp_path):
    given = {"space": RATES, "sampler": "grid", "folder": tmp_path, "name": "taken", **QUICK}
    tuned("mlp-classifier", blobs(), **given)
    with pytest.raises(BadSetting, match="has other settings"):
        tuned("mlp-classifier", blobs(), **{**given, "epochs": 3})
    with pytest.raises(BadSetting, match="has other data"):
        tuned("mlp-classifier", clouds(), **given)
    again = tuned("mlp-classifier", clouds(), overwrite=True, **given)
    assert again.checks["trials"] == 2
    verb.train(MLPClassifier(hidden=(4,), epochs=1), blobs(), name="plain", folder=tmp_path)
    with pytest.raises(AlreadyExists, match="plain"):
        tuned("mlp-classifier", blobs(), **{**given, "name": "plain"})
