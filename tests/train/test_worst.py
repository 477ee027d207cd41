"""The worst examples, and what is kept of them."""

import numpy as np
import pandas as pd

from vitrail.inputs import Images, Table, Text
from vitrail.train.data import Data
from vitrail.train.evaluation import evaluation
from vitrail.train.worst import KEPT, SIDE, with_worst, worst

ROWS = {"train": np.arange(3), "validation": np.arange(3), "test": np.arange(3)}
CHANCES = np.array([[0.6, 0.4], [0.1, 0.9], [0.3, 0.7], [0.45, 0.55]])
Y = np.array([1, 0, 1, 0])  # only example 2 is right; 1 is the surest mistake, then 0


def measured(data, n=4):
    return with_worst(evaluation(Y[:n], CHANCES[:n], "multiclass", ("a", "b")), data, np.arange(n) + 1)


def lessons(x, modality=None):
    return Data(x, np.zeros(len(x), int), "multiclass", ROWS, ("a", "b"), modality)


def test_the_surest_mistakes_come_first():
    answer = evaluation(Y, CHANCES, "multiclass", ("a", "b"))
    np.testing.assert_array_equal(worst(answer), [1, 0, 3])
    np.testing.assert_array_equal(worst(answer, 2), [1, 0])


def test_labels_whose_truth_was_believed_least_come_first():
    answer = evaluation(
        np.array([[1, 0], [1, 1], [0, 1]]), np.array([[0.9, 0.1], [0.9, 0.2], [0.1, 0.4]]), "multilabel", "ab"
    )
    np.testing.assert_array_equal(worst(answer), [1, 2])


def test_the_largest_residuals_come_first_each_in_the_spread_of_its_number():
    truth = np.array([[0.0, 0], [1, 1000], [2, 2000]])
    answer = evaluation(truth, truth + [[0, 500], [2, 0], [0, 0]], "regression", ())
    np.testing.assert_array_equal(worst(answer), [1, 0, 2])


def test_there_may_be_none():
    answer = with_worst(
        evaluation(np.array([0, 1]), CHANCES[:2], "multiclass", "ab"), lessons(np.zeros((5, 2))), np.arange(2)
    )
    assert answer.arrays["worst"].shape == (0,)
    assert "worst_value" not in answer.arrays


def test_columns_are_the_users_own():
    frame = pd.DataFrame({"age": [20.0, 30, 40, 50, 60], "pet": ["ox", "ox", "yak", "ox", "yak"]})
    table = Table.of(frame, standardise=True)
    answer = measured(lessons(table.numbers(frame), table))
    np.testing.assert_allclose(answer.arrays["worst_value"], [[40, 1], [30, 0], [60, 1]])
    assert answer.labels["column"] == ["age", "pet"]
    assert answer.labels["category"] == {"pet": ["ox", "yak"]}
    np.testing.assert_array_equal(answer.arrays["row"], [1, 2, 3, 4])


def test_plain_numbers_are_kept_as_they_are():
    x = np.arange(10.0).reshape(5, 2)
    np.testing.assert_array_equal(measured(lessons(x)).arrays["worst_value"], x[[2, 1, 4]])


def test_pictures_are_bytes_and_not_too_large():
    x = np.random.default_rng(0).integers(0, 256, (5, 2 * SIDE + 2, 4, 3), np.uint8)
    answer = measured(lessons(x, Images(size=(2 * SIDE + 2, 4))))
    np.testing.assert_array_equal(answer.arrays["worst_picture"], x[[2, 1, 4]][:, ::3, ::3])
    numbers = np.random.default_rng(0).normal(size=(5, 4, 4, 1))
    found = measured(lessons(numbers)).arrays["worst_picture"]
    assert (found.dtype, found.min(), found.max()) == (np.uint8, 0, 255)


def test_texts_are_read_back():
    class Words:
        def __call__(self, texts, **_):
            raise AssertionError

        def decode(self, ids, skip_special_tokens):
            return " ".join(f"w{i}" for i in ids)

    ids = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6], [7, 0, 0], [8, 0, 0]])
    assert measured(lessons(ids, Text(Words()))).labels["worst_text"] == ["w4 w5 w6", "w3", "w8"]


def test_only_so_many_are_kept():
    answer = evaluation(np.zeros(100, int), np.tile([[0.1, 0.9]], (100, 1)), "multiclass", "ab")
    assert len(worst(answer)) == KEPT
