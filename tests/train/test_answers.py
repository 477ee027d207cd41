"""What answers mean, by pencil: texts, whole numbers, floats, matrices."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from vitrail.errors import BadInput, BadSetting
from vitrail.train.answers import CLASSES, answers_of


@pytest.mark.parametrize(
    ("given", "task", "y", "classes"),
    [
        (["b", "a", "b"], "binary", [1, 0, 1], ("a", "b")),
        (["b", "a", "c"], "multiclass", [1, 0, 2], ("a", "b", "c")),
        ([True, False], "binary", [1, 0], ("False", "True")),
        ([7, 3, 7, 10], "multiclass", [1, 0, 1, 2], ("3", "7", "10")),  # in the order of numbers, not of texts
        ([-1, 1, 1], "binary", [0, 1, 1], ("-1", "1")),
        ([[1], [0]], "binary", [1, 0], ("0", "1")),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 1]], "multiclass", [1, 0, 2], ("0", "1", "2")),
    ],
)
def test_classes(given, task, y, classes):
    found = answers_of(given, "auto")
    assert (found.task, found.classes) == (task, classes)
    assert_array_equal(found.y, y)
    assert found.y.dtype == np.int64


def test_labels():
    found = answers_of([[1, 1, 0], [0, 0, 0]], "auto", ["cat", "dog", "cow"])
    assert found.task == "multilabel"
    assert found.classes == ("cat", "dog", "cow")
    assert_array_equal(found.y, [[1, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize("given", [[0.5, 1.5], [1.0, 0.0], [[0.5, 1], [2, 3]], [[1, 2], [0, 1]]])
def test_quantities(given):
    found = answers_of(given, "auto", ["price"])
    assert (found.task, found.classes) == ("regression", ("price",))
    assert_array_equal(found.y, given)


def test_many_whole_numbers_are_a_quantity():
    assert answers_of(np.arange(CLASSES), "auto").task == "multiclass"
    assert answers_of(np.arange(CLASSES + 1), "auto").task == "regression"


def test_the_task_overrides():
    assert answers_of([0, 1, 1], "regression").task == "regression"
    assert answers_of([0, 1, 1], "multiclass")[1:] == ("multiclass", ("0", "1"))
    assert answers_of([2.0, 5.0, 2.0], "binary").classes == ("2", "5")
    assert answers_of(np.arange(CLASSES + 1), "multiclass").task == "multiclass"
    assert answers_of([[1, 0], [0, 1]], "multilabel").task == "multilabel"


def test_numbers_in_columns_of_objects_keep_their_kind():
    whole = pd.Series([0, 1, 1], dtype=object)
    assert answers_of(whole, "auto").task == "binary"
    assert answers_of(whole.astype("Int64"), "auto").task == "binary"
    assert answers_of(pd.Series([0.5, 1, 1], dtype=object), "auto").task == "regression"
    assert answers_of(pd.Series(["b", "a"], dtype="category"), "auto").classes == ("a", "b")


def test_named_classes():
    found = answers_of([2, 0, 2], "auto", classes=["cat", "dog", "cow"])
    assert found.classes == ("cat", "dog", "cow")
    assert_array_equal(found.y, [2, 0, 2])
    assert_array_equal(answers_of(["cow", "cat"], "auto", classes=["cow", "cat"]).y, [0, 1])
    assert answers_of([1.0, 0.0], "auto", classes=["no", "yes"]).task == "binary"


@pytest.mark.parametrize("given", [[0, 3, 1], [0, -1, 1], ["cat", "horse", "dog"], [0.0, 0.5, 1.0]])
def test_a_label_out_of_range_is_named_with_its_row(given):
    with pytest.raises(BadInput, match="out of range") as caught:
        answers_of(given, "auto", classes=["cat", "dog", "cow"])
    assert caught.value.facts["row"] == 1
    assert repr(given[1]) in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        [1.0, np.nan],
        [1.0, np.inf],
        ["a", None],
        pd.Series(["a", None]),
        pd.Series([1, None], dtype="Int64"),
        [[0.5, 1.0], [np.nan, 2.0]],
    ],
)
def test_a_missing_answer_is_refused_with_its_row(given):
    with pytest.raises(BadInput, match="1 answers are missing or infinite, the first in row 1"):
        answers_of(given, "auto")


@pytest.mark.parametrize(
    ("given", "task", "error", "words"),
    [
        (["a", "a"], "auto", BadInput, "one class, 'a'"),
        ([], "auto", BadInput, r"shape \(0,\)"),
        (np.zeros((2, 2, 2)), "auto", BadInput, "shape"),
        (["a", "b", "c"], "binary", BadSetting, "3 classes"),
        (["a", "b"], "regression", BadSetting, "'a'"),
        ([0, 1], "multilabel", BadInput, r"\(n, k\)"),
        ([[0, 2], [1, 0]], "multilabel", BadInput, "0 and 1"),
        ([[1, 1], [1, 0]], "multiclass", BadInput, "exactly one 1"),
    ],
)
def test_refusals(given, task, error, words):
    with pytest.raises(error, match=words):
        answers_of(given, task)


@pytest.mark.parametrize("classes", [["a"], ["a", "a"]])
def test_names_that_are_no_classes(classes):
    with pytest.raises(BadSetting, match="different names"):
        answers_of([0, 1], "auto", classes=classes)


def test_one_class_is_refused_whatever_the_names():
    with pytest.raises(BadInput, match="one class"):
        answers_of([1, 1], "auto", classes=["a", "b"])
    with pytest.raises(BadSetting, match="3 names were given for 2 labels"):
        answers_of([[1, 1], [0, 1]], "auto", classes=["a", "b", "c"])
