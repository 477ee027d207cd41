"""Numbers in their own units: ranges of outputs, the way back, and losses that no unit changes."""

from dataclasses import replace

import numpy as np
import pytest

from lessons import numbers as lesson
from vitrail.errors import BadInput, BadSetting
from vitrail.train.backend import school
from vitrail.train.data import Data
from vitrail.train.units import moments, numbers, scaled, way_back


def data(y, rows=None):
    """The first four of six examples are for training."""
    parts = {"train": np.arange(4), "validation": np.array([4]), "test": np.array([5])} if rows is None else rows
    return Data(np.zeros((6, 1)), np.asarray(y, float), "regression", parts)


FOUR = data([1, 3, 5, 7, 1000, -1000])


def said(end, inputs=3, size=50.0):
    """What such an end says to inputs from far below to far above 0."""
    keras = school()
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((inputs,)), end])
    x = size * np.random.default_rng(0).normal(size=(200, inputs))
    return network.predict(x, verbose=0)


def test_mean_and_deviation_are_those_of_the_training_part():
    mean, std = moments(FOUR)
    np.testing.assert_allclose([mean, std], [[4.0], [np.sqrt(5)]])


def test_a_target_that_never_changes_has_deviation_one():
    assert moments(data([2.0] * 6))[1].tolist() == [1.0]


@pytest.mark.parametrize(
    ("output", "bounds", "scale", "offset"),
    [
        ("free", None, np.sqrt(5), 4),
        ("positive", None, 4, 0),
        ("bounded", None, 6, 1),
        ("bounded", (0.0, 10.0), 10, 0),
        ("bounded", (-5.0, 15.0), 20, -5),
    ],
)
def test_the_way_back_by_hand(output, bounds, scale, offset):
    found = way_back(FOUR, output, bounds)
    np.testing.assert_allclose(np.ravel(found), [scale, offset])


def test_several_outputs_have_units_of_their_own():
    several = data(np.stack([[1, 3, 5, 7, 0, 0], [10, 10, 30, 30, 0, 0]], 1))
    scale, offset = way_back(several, "free", None)
    np.testing.assert_allclose([scale, offset], [[np.sqrt(5), 10], [4, 20]])
    end = numbers(school(), several, "output")
    assert said(end).shape == (200, 2)
    assert way_back(several, "bounded", (0.0, 40.0))[0].tolist() == [40.0, 40.0]


def test_what_positive_and_bounded_outputs_say_is_in_range():
    free, positive, bounded = (
        said(numbers(school(), FOUR, "output", kind)) for kind in ("free", "positive", "bounded")
    )
    assert free.min() < 0
    assert free.max() > 10
    assert positive.min() >= 0
    assert positive.max() > 10
    assert bounded.min() >= 1 - 1e-5
    assert bounded.max() <= 7 + 1e-5
    assert np.ptp(bounded) > 5


@pytest.mark.parametrize("bounds", [None, (0.0, 50.0)])
def test_an_output_that_sees_nothing_says_the_mean(bounds):
    keras = school()
    two = data(np.stack([[1, 3, 5, 7, 0, 0], [10, 10, 30, 30, 0, 0]], 1))
    for kind in ("free", "positive", "bounded"):
        network = keras.Sequential([keras.Input((2,)), numbers(keras, two, "output", kind, bounds)])
        np.testing.assert_allclose(network.predict(np.zeros((1, 2)), verbose=0), [[4, 20]], rtol=1e-5)


@pytest.mark.parametrize(("y", "output"), [(0.0, "positive"), (2.0, "bounded"), (3.0, "bounded")])
def test_targets_at_the_edge_of_the_range_are_begun_near(y, output):
    keras = school()
    end = numbers(keras, data([y] * 6), "output", output, (2.0, 3.0))
    network = keras.Sequential([keras.Input((2,)), end])
    np.testing.assert_allclose(network.predict(np.zeros((1, 2)), verbose=0), [[y]], atol=0.002)


def test_targets_out_of_reach_are_refused():
    below = data([1, -3, 5, 7, 1, 1])
    with pytest.raises(BadInput, match="-3 among them"):
        way_back(below, "positive", None)
    with pytest.raises(BadInput, match="between 2 and 6 were expected"):
        way_back(FOUR, "bounded", (2.0, 6.0))
    with pytest.raises(BadSetting, match="leave no room"):
        way_back(FOUR, "bounded", (6.0, 2.0))


def compared(lesson, loss, truth, said):
    ops = school().ops
    return ops.convert_to_numpy(scaled(school(), lesson, loss)(*(ops.array(v, "float64") for v in (truth, said))))


@pytest.mark.parametrize(("loss", "expected"), [("mse", 4.0), ("mae", 2.0), ("huber", 1.5)])
def test_a_loss_counts_in_deviations(loss, expected):
    """Two deviations off: 2^2; 2; 2 - 1/2, Huber's behind one deviation."""
    found = compared(FOUR, loss, [[3.0]], [[3.0 + 2 * np.sqrt(5)]])
    np.testing.assert_allclose(found, [expected])


def test_a_loss_does_not_know_the_unit():
    large = replace(lesson(), y=1e6 * lesson().y)
    y, z = np.ones((5, 1)), np.linspace(0, 3, 5)[:, None]
    small = compared(lesson(), "huber", y, z)
    assert small.max() > 0.01
    np.testing.assert_allclose(
        compared(large, "huber", 1e6 * y, 1e6 * z), small, rtol=1e-6
    )  # keras counts Huber's in float32
