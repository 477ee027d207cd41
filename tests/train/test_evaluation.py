"""Evaluations: by pencil, against scikit-learn, saved and loaded, and what is refused."""

import numpy as np
import pytest
from sklearn import metrics

from vitrail.errors import BadInput
from vitrail.explanation import load
from vitrail.train.evaluation import CURVES, evaluation

NAMES = ("ant", "bee", "cat")


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def three():
    """(y, chances) of 200 examples of three classes, most of them said rightly."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    return y, softmax(rng.normal(size=(200, 3)) + 2 * np.eye(3)[y])


def test_classes_are_measured_as_scikit_learn_does(three):
    y, chances = three
    answer = evaluation(y, chances, "multiclass", NAMES)
    said, checks = chances.argmax(1), answer.checks
    assert 0.6 < checks["accuracy"] < 0.95
    assert checks["accuracy"] == pytest.approx(metrics.accuracy_score(y, said))
    assert checks["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(y, said))
    assert checks["f1"] == pytest.approx(metrics.f1_score(y, said, average="macro"))
    assert checks["auc"] == pytest.approx(metrics.roc_auc_score(y, chances, multi_class="ovr"))
    assert checks["log_loss"] == pytest.approx(metrics.log_loss(y, chances))
    assert checks["most_frequent"] == pytest.approx(np.bincount(y).max() / 200)
    np.testing.assert_array_equal(answer.arrays["confusion"], metrics.confusion_matrix(y, said))
    for name, (low, high) in checks["intervals"].items():
        assert low < checks[name] < high, name
        assert high - low < 0.35, name


def test_the_interval_of_the_accuracy_is_as_wide_as_theory_says(three):
    y, chances = three
    checks = evaluation(y, chances, "multiclass", NAMES).checks
    share = checks["accuracy"]
    low, high = checks["intervals"]["accuracy"]
    # 1.96 binomial standard errors on either side; a step of 1/200 and 1,000 sets leave about a tenth of noise
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(share * (1 - share) / 200), rel=0.15)


def test_every_example_has_its_own_numbers(three):
    y, chances = three
    answer = evaluation(y, chances, "multiclass", NAMES)
    np.testing.assert_array_equal(answer.values, chances.argmax(1) == y)
    np.testing.assert_allclose(answer.arrays["probability"], [chances[i, k] for i, k in enumerate(y)])
    np.testing.assert_array_equal(answer.arrays["predicted"], chances.argmax(1))
    assert len(answer) == 200
    assert answer.labels["class"] == list(NAMES)


def test_one_unit_says_how_sure_it_is_of_the_second_class():
    y, p = np.array([0, 0, 1, 1, 1]), np.array([0.2, 0.6, 0.9, 0.7, 0.4])
    answer = evaluation(y, p[:, None], "binary", ("no", "yes"))
    np.testing.assert_array_equal(answer.arrays["confusion"], [[1, 1], [1, 2]])
    np.testing.assert_array_equal(answer.values, [1, 0, 1, 1, 0])
    np.testing.assert_allclose(answer.arrays["probability"], [0.8, 0.4, 0.9, 0.7, 0.4])
    np.testing.assert_allclose(answer.outputs.sum(1), 1)
    assert answer.checks["auc"] == pytest.approx(5 / 6)  # .4 loses against .6, all other pairs are won
    assert answer.checks["accuracy"] == 0.6
    np.testing.assert_allclose(answer.arrays["precision"], [1 / 2, 2 / 3])
    assert answer.arrays["calibration"][:, 2].sum() == 5
    np.testing.assert_array_equal(answer.arrays["calibration"][[6, 9, 10, 13], 1], [1, 0, 1, 1])  # of .4, .6, .7, .9
    two = evaluation(y, np.stack([1 - p, p], 1), "binary", ("no", "yes"))
    assert two.checks == answer.checks


def test_exactly_half_is_the_first_class_as_keras_counts_it():
    assert evaluation(np.array([0, 1]), np.array([[0.5], [0.5]]), "binary", ("no", "yes")).checks["accuracy"] == 0.5
    assert evaluation(np.array([0, 0]), np.array([[0.5], [0.5]]), "binary", ("no", "yes")).checks["accuracy"] == 1


def test_several_labels_by_pencil():
    y = np.array([[1, 0], [1, 1], [0, 0]])
    chances = np.array([[0.9, 0.2], [0.8, 0.3], [0.6, 0.1]])
    answer = evaluation(y, chances, "multilabel", ("sun", "rain"))
    assert answer.checks["accuracy"] == pytest.approx(4 / 6)
    assert answer.checks["exact_match"] == pytest.approx(1 / 3)
    np.testing.assert_allclose(answer.arrays["accuracy"], [2 / 3, 2 / 3])
    np.testing.assert_allclose(answer.values, [1, 0.5, 0.5])
    np.testing.assert_allclose(answer.arrays["probability"], [0.8, 0.3, 0.4])
    np.testing.assert_array_equal(answer.arrays["confusion"], [[[0, 1], [0, 2]], [[2, 0], [1, 0]]])
    assert answer.checks["auc"] == 1
    assert answer.checks["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.8, 0.3, 0.4, 0.9]).mean())
    assert answer.arrays["calibration"][:, 2].sum() == 6


def test_numbers_by_pencil():
    answer = evaluation(np.array([1.0, 2, 6]), np.array([[1.0], [4], [5]]), "regression", ("weight",))
    np.testing.assert_array_equal(answer.values, [[0], [-2], [1]])
    assert answer.checks["mae"] == pytest.approx(1)
    assert answer.checks["r2"] == pytest.approx(1 - 5 / 14)
    assert answer.labels["feature"] == ["weight"]
    two = evaluation(np.array([[1.0, 0], [3, 1]]), np.array([[1.0, 1], [3, 1]]), "regression", ())
    assert two.checks["mae"] == pytest.approx((0 + 0.5) / 2)
    np.testing.assert_allclose(two.arrays["mae"], [0, 0.5])
    assert two.labels["feature"] == ["output 0", "output 1"]


def test_a_class_that_the_test_part_lacks_has_no_area_and_is_left_out_of_means():
    chances = softmax(np.random.default_rng(0).normal(size=(8, 3)))
    answer = evaluation(np.array([0, 1] * 4), chances, "multiclass", NAMES)
    assert np.isnan(answer.arrays["auc"][2])
    assert "roc/2" not in answer.arrays
    assert answer.checks["auc"] == pytest.approx(answer.arrays["auc"][:2].mean())


def test_of_one_class_alone_no_area_is_known():
    answer = evaluation(np.zeros(4, int), np.full((4, 1), 0.25), "binary", ("no", "yes"))
    assert answer.checks["auc"] is None
    assert answer.checks["intervals"]["auc"] is None
    assert answer.checks["accuracy"] == 1


def test_of_many_classes_the_curves_of_the_worst_are_kept():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 30
    sure = np.where(np.arange(30) < 25, 4.0, 0.0)  # the last five are guessed
    chances = softmax(rng.normal(size=(90, 30)) + np.eye(30)[y] * sure)
    kept = {int(n.removeprefix("roc/")) for n in evaluation(y, chances, "multiclass", "c" * 30).arrays if "roc" in n}
    assert len(kept) == CURVES
    assert kept >= set(range(25, 30))


def test_it_comes_back_from_disk(three, tmp_path):
    answer = evaluation(*three, "multiclass", NAMES)
    back = load(answer.save(tmp_path / "e.safetensors"))
    assert back.checks == answer.checks
    for name, array in answer.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array, err_msg=name)


Y, P = np.array([0, 1]), np.array([[0.5, 0.5], [0.2, 0.8]])


@pytest.mark.parametrize(
    ("y", "scores", "task", "classes", "words"),
    [
        (
            Y,
            np.array([[0.5, 0.5], [np.nan, 0.8]]),
            "multiclass",
            "ab",
            "1 predictions are no finite numbers, the first for example 1",
        ),
        (Y, np.array([[1.0], [np.inf]]), "regression", (), "no finite numbers"),
        (Y, P[:1], "multiclass", "ab", "1 predictions for 2 answers"),
        (Y, P, "multiclass", "abc", "2 scores are given for 3 classes"),
        (Y, 5 * P, "multiclass", "ab", "no probabilities: from 1.0 to 4.0"),
        (Y, P + [[0, 0.1]], "multiclass", "ab", "no probabilities"),
        (Y, np.array([[0.5], [-0.2]]), "binary", "ab", "no probabilities"),
        (Y + 1, P, "multiclass", "ab", r"no numbers of 2 classes: \[2\]"),
        (Y[:0], P[:0], "multiclass", "ab", "not one example"),
        (Y, P, "regression", (), "2 numbers are predicted, 1 known"),
        (Y, P, "ranking", "ab", "task='ranking' is not known"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(y, scores, task, classes, words):
    with pytest.raises(BadInput, match=words):
        evaluation(y, scores, task, tuple(classes))
