import numpy as np
import pytest

from vitrail.errors import BadInput
from vitrail.signatures.outcome import Outcome

LOGITS = np.array([[0.0, 1.0, 3.0], [2.0, 2.0, 0.0], [-1.0, 0.0, -3.0]], np.float32)
ONE = np.array([[-2.0], [0.0], [1.0], [5.0]], np.float32)


def test_the_largest_output_is_the_class():
    outcome = Outcome.of(LOGITS, None, None, False, ())
    assert outcome.classes(LOGITS).tolist() == [2, 0, 1]
    chances = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    np.testing.assert_allclose(outcome.said(LOGITS)[:, 0], chances.max(1), rtol=1e-6)


@pytest.mark.parametrize(
    ("labels", "threshold", "names"), [(None, 0.0, ()), ([0, 1, 1, 0], None, ()), (None, None, ("no", "yes"))]
)
def test_one_number_that_says_one_of_two(labels, threshold, names):
    outcome = Outcome.of(ONE, labels, threshold, False, names)
    assert outcome.classes(ONE).tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(outcome.said(ONE)[:, 0], 1 / (1 + np.exp(-np.abs(ONE[:, 0]))), rtol=1e-6)


def test_a_probability_is_parted_in_the_middle():
    assert Outcome.of(ONE, None, 0.5, False, ()).classes(np.array([[0.4], [0.6]])).tolist() == [0, 1]


@pytest.mark.parametrize(("labels", "regresses"), [([0.5, 1.0, 2.0, 9.0], False), ([0, 1, 1, 0], True)])
def test_one_number_that_is_a_number(labels, regresses):
    outcome = Outcome.of(ONE, labels, None, regresses, ())
    assert outcome.edges == (-0.5, 0.5, 2.0)
    assert outcome.classes(ONE).tolist() == [0, 1, 2, 3]
    assert outcome.labels([-9.0, 0.5, 2.0, 1.9], 4).tolist() == [0, 2, 3, 2]
    np.testing.assert_array_equal(outcome.said(ONE), ONE)
    assert len(outcome.all_names(None, 1, 3)) == 4


def test_labels_by_number_and_by_name():
    outcome = Outcome(names=("a", "b"))
    assert outcome.labels([1, 0, -1], 3).tolist() == [1, 0, -1]
    assert outcome.labels(np.array([[1], [0]]), 2).tolist() == [1, 0]
    assert outcome.labels([1.0, 0.0], 2).tolist() == [1, 0]
    assert outcome.labels(["b", "z", "a", "c"], 4).tolist() == [1, 3, 0, 2]
    assert outcome.labels(None, 2).tolist() == [-1, -1]


def test_names_of_all_classes():
    outcome = Outcome(names=("a", "b"))
    assert outcome.all_names(None, 3, 4) == ["a", "b", "2", "3", "4"]
    assert Outcome(threshold=0.0).all_names(None, 1, 1) == ["0", "1"]


def test_a_strange_name_comes_behind_classes_without_one():
    outcome = Outcome.of(LOGITS, None, None, False, ("a", "b"))  # three outputs, two names
    labels = ["b", "z", "a"]
    numbers = outcome.labels(labels, 3)
    names = outcome.all_names(labels, 3, int(numbers.max()))
    assert names == ["a", "b", "2", "z"]
    assert [names[i] for i in numbers] == labels


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1], r"shape \(2,\), and x holds 3"),
        ([[0, 1], [0, 1], [0, 1]], r"shape \(3, 2\)"),
        ([0.5, 1.0, 2.0], "such as 0.5"),
        ([-2, 0, 1], "reach from -2"),
        (["x", "y", "z"], "the network has none"),
    ],
)
def test_labels_that_do_not_fit(labels, words):
    with pytest.raises(BadInput, match=words):
        Outcome().labels(labels, 3)


def test_it_survives_json():
    for outcome in (Outcome(0.5, names=("a",)), Outcome(edges=(1.0, 2.0, 3.0)), Outcome()):
        assert Outcome.from_json(outcome.as_json()) == outcome
