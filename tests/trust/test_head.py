import numpy as np
import pytest

from vitrail.trust import Reading
from vitrail.trust.head import Head, columns_of, logits_of
from vitrail.trust.moments import Moments


def head_of(x, z):
    moments = Moments(1, x, z.shape[1])
    moments.add(x, np.zeros(len(x), int), z)
    return Head.of(moments, z.mean(0), (z**2).mean(0))


def told(logits, predicted):
    logits = np.asarray(logits, float)
    nothing = np.zeros(len(logits))
    return Reading({}, logits, np.asarray(predicted), nothing, nothing, nothing)


def test_a_linear_head_is_found_exactly(head):
    weight, bias = head
    x = np.random.default_rng(0).normal(size=(50, 6)) + 3
    found = head_of(x, x @ weight.T + bias)
    np.testing.assert_allclose(found.weight, weight, atol=1e-10)
    np.testing.assert_allclose(found.bias, bias, atol=1e-9)
    assert found.fitted == pytest.approx(1)


def test_dead_and_repeated_units_change_no_logit(head):
    weight, bias = head
    x = np.random.default_rng(0).normal(size=(50, 6))
    z = x @ weight.T + bias
    wide = np.column_stack([x, np.zeros(50), x[:, 0]])
    found = head_of(wide, z)
    np.testing.assert_allclose(wide @ found.weight.T + found.bias, z, atol=1e-8)


def test_what_is_not_explained_is_left_of_r_squared():
    chance = np.random.default_rng(1)
    x = chance.normal(size=(400, 3))
    z = x @ np.ones((3, 2)) + chance.normal(size=(400, 2))
    found = head_of(x, z)
    left = z - x @ found.weight.T - found.bias
    np.testing.assert_allclose(found.fitted, 1 - left.var(0).sum() / z.var(0).sum(), rtol=1e-9)
    assert 0.6 < found.fitted < 0.9


@pytest.mark.parametrize(
    ("logits", "predicted", "classes", "expected"),
    [
        ([[1, 2], [2, 1]], [1, 0], 2, "softmax"),
        ([[1], [-1]], [1, 0], 2, "logit"),
        ([[0.7], [0.3]], [1, 0], 2, "none"),  # a probability: its threshold is not 0
        ([[1], [-1]], [1, 0], 4, "none"),  # quarters of a number
    ],
)
def test_what_outputs_are_is_told_by_predictions(logits, predicted, classes, expected):
    assert columns_of(told(logits, predicted), classes) == expected


def test_the_softmax_of_one_logit_in_two_columns_is_its_sigmoid():
    z = np.array([[-2.0], [0.5], [3.0]])
    two = logits_of(told(z, [0, 1, 1]), "logit")
    second = np.exp(two[:, 1]) / np.exp(two).sum(1)
    np.testing.assert_allclose(second, 1 / (1 + np.exp(-z[:, 0])))
    np.testing.assert_array_equal(logits_of(told(z, [0, 1, 1]), "none"), z)
