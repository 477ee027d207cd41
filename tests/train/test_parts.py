"""Parts of the data: named ones stay, the others are drawn out of the training part."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from vitrail.errors import BadInput
from vitrail.train.answers import answers_of
from vitrail.train.data import split
from vitrail.train.parts import called, parts_of
from vitrail.train.reading import Reading

Y = answers_of(np.arange(100) % 4 == 0, "auto")


def whole(rows):
    return np.sort(np.concatenate(list(rows.values())))


def test_nothing_is_named():
    rows = parts_of({}, Y, Reading(validation=0.12, test=0.24))
    assert {part: len(own) for part, own in rows.items()} == {"train": 64, "validation": 12, "test": 24}
    assert_array_equal(whole(rows), np.arange(100))
    assert [int(Y.y[own].sum()) for own in rows.values()] == [16, 3, 6]  # a quarter of each


def test_a_named_test_part_stays_and_validation_comes_from_training():
    rows = parts_of({"train": np.arange(80), "test": np.arange(80, 100)}, Y, Reading(validation=0.1))
    assert_array_equal(rows["test"], np.arange(80, 100))
    assert len(rows["validation"]) == 8
    assert rows["validation"].max() < 80
    assert_array_equal(whole(rows), np.arange(100))


def test_the_training_part_need_not_come_first():
    rows = parts_of({"train": np.arange(20, 100), "test": np.arange(20)}, Y, Reading())
    assert_array_equal(rows["test"], np.arange(20))
    assert_array_equal(whole(rows), np.arange(100))
    assert rows["validation"].min() >= 20


def test_all_parts_are_named():
    known = {"train": np.arange(50), "validation": np.arange(60, 70), "test": np.arange(90, 100)}
    rows = parts_of(known, Y, Reading())
    assert [rows[part].tolist() for part in known] == [own.tolist() for own in known.values()]


def test_the_seed_decides():
    first, again, other = (parts_of({}, Y, Reading(seed=seed))["test"] for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_quantities_are_drawn_without_classes():
    rows = parts_of({}, answers_of(np.linspace(0, 1, 40), "auto"), Reading())
    assert {part: len(own) for part, own in rows.items()} == {"train": 28, "validation": 4, "test": 8}


def test_no_training_part():
    with pytest.raises(BadInput, match="for test, and none to train on"):
        parts_of({"test": np.arange(10)}, Y, Reading())


def test_a_class_without_training_examples():
    answers = answers_of(["a"] * 10 + ["b"] * 10 + ["c"] * 2, "auto")
    with pytest.raises(BadInput, match="no training example is of class 'c'"):
        parts_of({"train": np.arange(20), "test": np.array([20, 21])}, answers, Reading())


def test_rare_classes_do_not_stop_the_split():
    y = np.array([0] * 30 + [1])
    rows = split(31, y, {"validation": 0.1, "test": 0.2}, 0)
    assert_array_equal(whole(rows), np.arange(31))
    many = np.arange(40) % 20  # twenty classes, of which four are held out
    assert [len(own) for own in split(40, many, {"validation": 0.1, "test": 0.1}, 0).values()] == [32, 4, 4]


@pytest.mark.parametrize("n", [3, 4, 7])
def test_few_examples_leave_one_for_each_part(n):
    rows = split(n, None, {"validation": 0.5, "test": 0.45}, 0)
    assert_array_equal(whole(rows), np.arange(n))
    assert all(map(len, rows.values()))


def test_a_column_of_parts():
    rows = called(np.array(["Training", "TEST", " val ", "train", "dev"]), "part")
    assert {part: own.tolist() for part, own in rows.items()} == {"train": [0, 3], "validation": [2, 4], "test": [1]}


def test_a_column_with_another_word():
    with pytest.raises(BadInput, match=r"column 'part' holds 'holdout'.*train, training"):
        called(np.array(["train", "holdout"]), "part")
