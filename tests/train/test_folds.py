"""Folds: everything but the test part once, no score of what a network has seen, means and intervals by hand."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import blobs, numbers
from vitrail.errors import BadSetting
from vitrail.train.folds import cross_validate, folded, summed_up, without

SMALL = {"hidden": [8], "epochs": 3, "rate": 0.03}


def pool(data):
    return np.sort(np.concatenate([data.rows["train"], data.rows["validation"]]))


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_every_example_but_those_of_the_test_part_is_in_one_fold(folds):
    data = blobs(3, n=101)
    parts = folded(data, folds, 0)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), pool(data))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    counts = np.array([np.bincount(data.y[part], minlength=3) for part in parts])
    assert np.ptp(counts, axis=0).max() <= 1
    assert any(not np.array_equal(a, b) for a, b in zip(parts, folded(data, folds, 1), strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(parts, folded(data, folds, 0), strict=True))


def test_numbers_are_dealt_out_at_random():
    data = numbers()
    parts = folded(data, 4, 0)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), pool(data))
    assert np.diff(parts[0]).std() > 0  # no rule of every fourth


def test_a_network_learns_and_chooses_its_epoch_from_the_other_folds():
    data = blobs(3, n=200)
    parts = folded(data, 5, 0)
    for held in range(5):
        rows = without(data, parts, held, 0).rows
        np.testing.assert_array_equal(rows["test"], parts[held])
        learnt = np.concatenate([rows["train"], rows["validation"]])
        np.testing.assert_array_equal(np.sort(learnt), np.setdiff1d(pool(data), parts[held]))
        assert len(rows["validation"]) / len(learnt) == pytest.approx(0.25, abs=0.01)  # 0.2 of 0.8


def test_the_test_part_is_not_touched():
    data = blobs(apart=1.5)
    x = data.x.copy()
    x[data.rows["test"]] = np.nan
    one, other = (cross_validate("mlp-classifier", each, folds=3, **SMALL) for each in (data, replace(data, x=x)))
    np.testing.assert_array_equal(one.outputs, other.outputs)
    assert np.isfinite(one.outputs).all()


def test_scores_of_folds_are_those_of_their_examples():
    data = blobs(apart=1.5)
    answer = cross_validate("mlp-classifier", data, folds=3, **SMALL)
    right, fold = answer.arrays["values"], answer.arrays["fold"]
    each = [right[fold == k].mean() for k in range(3)]
    assert len(set(each)) > 1
    found = answer.checks["folds"]["accuracy"]
    assert found["each"] == pytest.approx(each)
    assert answer.kind == "evaluation"
    assert answer.checks["examples"] == len(pool(data))
    np.testing.assert_array_equal(data.y[answer.arrays["row"]], answer.arrays["truth"])
    assert answer.provenance["settings"]["folds"] == 3


def test_mean_and_interval_by_hand():
    found = summed_up([{"rmse": v, "auc": None, "mae": 1.0} for v in (11.0, 12.0, 13.0)])
    assert found["rmse"]["mean"] == pytest.approx(12)
    far = 4.302653 * np.sqrt(1 / 3 + 1 / 2)  # Student's t with 2 degrees of freedom, a standard deviation of 1
    assert found["rmse"]["interval"] == pytest.approx([12 - far, 12 + far], rel=1e-6)
    assert "auc" not in found
    assert found["mae"]["interval"] == [1.0, 1.0]


def test_an_interval_ends_where_the_measure_does():
    found = summed_up([{"accuracy": v, "rmse": v, "r2": v} for v in (0.0, 0.5, 1.0)])
    assert found["accuracy"]["interval"] == [0, 1]
    assert found["rmse"]["interval"] == pytest.approx([0, 0.5 + 0.5 * 4.302653 * np.sqrt(5 / 6)], rel=1e-6)
    assert found["r2"]["interval"] == pytest.approx([0.5 - 0.5 * 4.302653 * np.sqrt(5 / 6), 1], rel=1e-6)


def test_numbers_are_scored_in_their_own_units():
    answer = cross_validate("mlp-regressor", numbers(), folds=2, hidden=[8], epochs=2)
    residuals = answer.arrays["values"][answer.arrays["fold"] == 1]
    assert answer.checks["folds"]["rmse"]["each"][1] == pytest.approx(np.sqrt((residuals**2).mean()))


def test_progress_and_mistakes():
    told = []
    cross_validate("mlp-classifier", blobs(), folds=2, progress=lambda d, n: told.append((d, n)), **SMALL)
    assert told == [(1, 2), (2, 2)]
    for folds in (1, 0, 90):
        with pytest.raises(BadSetting, match=rf"folds={folds} of 96 examples"):
            cross_validate("mlp-classifier", blobs(), folds=folds, **SMALL)
