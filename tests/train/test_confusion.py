"""Counts of what was said and what is true, by pencil and by scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from vitrail.train.confusion import by_class, confusion, over_classes, two_by_two

TRUTH = np.array([0, 0, 0, 1, 1, 2])
SAID = np.array([0, 0, 1, 1, 0, 1])  # class 2 is never said


def hot(labels, classes=3):
    return np.eye(classes, dtype=bool)[labels]


def test_confusion_by_pencil():
    np.testing.assert_array_equal(confusion(TRUTH, SAID, 3), [[2, 1, 0], [1, 1, 0], [0, 1, 0]])


def test_two_by_two_by_pencil():
    truth, said = np.array([[1, 0], [1, 0], [0, 1]]) > 0, np.array([[1, 0], [0, 0], [1, 1]]) > 0
    np.testing.assert_array_equal(two_by_two(truth, said), [[[0, 1], [1, 1]], [[2, 0], [0, 1]]])


def test_precision_recall_and_f1_by_pencil():
    found = by_class(hot(TRUTH), hot(SAID), np.ones((1, 6)))
    np.testing.assert_allclose(found["precision"], [[2 / 3, 1 / 3, np.nan]])
    np.testing.assert_allclose(found["recall"], [[2 / 3, 1 / 2, 0]])
    np.testing.assert_allclose(found["f1"], [[2 / 3, 2 / 5, 0]])
    np.testing.assert_array_equal(found["support"], [[3, 2, 1]])


def test_means_over_classes_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 4, 60), rng.integers(0, 3, 60)
    found = over_classes(hot(truth, 5), hot(said, 5), np.ones((1, 60)))  # nobody is or says class 4
    asked = {"average": "macro", "zero_division": 0.0}
    assert found["precision"][0] == pytest.approx(metrics.precision_score(truth, said, **asked))
    assert found["recall"][0] == pytest.approx(metrics.recall_score(truth, said, **asked))
    assert found["f1"][0] == pytest.approx(metrics.f1_score(truth, said, **asked))
    assert found["balanced_accuracy"][0] == pytest.approx(metrics.balanced_accuracy_score(truth, said))


def test_a_class_that_is_said_but_never_true_counts_against_precision_not_against_balanced_accuracy():
    truth, said = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    found = over_classes(hot(truth), hot(said), np.ones((1, 4)))
    assert found["balanced_accuracy"][0] == pytest.approx((1 / 2 + 1) / 2)
    assert found["precision"][0] == pytest.approx((1 + 1 + 0) / 3)


def test_a_weight_of_two_is_an_example_twice():
    once = by_class(hot(TRUTH), hot(SAID), np.array([[2.0, 1, 0, 1, 1, 1]]))
    rows = [0, 0, 1, 3, 4, 5]
    twice = by_class(hot(TRUTH[rows]), hot(SAID[rows]), np.ones((1, 6)))
    for name, value in once.items():
        np.testing.assert_allclose(value, twice[name], err_msg=name)
