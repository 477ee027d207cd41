"""Wide and deep: what goes straight to the output goes there in proportion, and what does not, does not."""

from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import blobs, numbers
from vitrail.errors import BadSetting
from vitrail.inputs import Table
from vitrail.train.backend import school
from vitrail.train.recipes.wide_and_deep import WideAndDeep, places
from vitrail.train.verb import train

TABLE = Table(["age", "work", "hours"], categories={"work": ["private", "public", "none"]})


def built(data, **settings):
    keras = school()
    keras.utils.set_random_seed(0)
    network = WideAndDeep(hidden=(8, 8), **settings).build(keras, data)
    return lambda x: network.predict(np.asarray(x, np.float32), verbose=0).astype(float)


def bends(network, column):
    """How far the answer is from a straight line while a column goes from -10 to 10."""
    x = np.zeros((3, 3))
    x[:, column] = -10, 0, 10
    low, middle, high = network(x)[:, 0]
    return abs(low + high - 2 * middle), abs(high - low)


def test_a_wide_column_reaches_the_output_in_proportion():
    network = built(numbers(), wide=[0], deep=[1, 2])
    bend, rise = bends(network, 0)
    assert rise > 1
    assert bend < 1e-3 * rise
    for column in (1, 2):
        assert bends(network, column)[0] > 0.1


def test_its_slope_does_not_depend_on_the_deep_columns():
    network = built(numbers(), wide=[0], deep=[1, 2])
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    slopes = (network(x + [1, 0, 0]) - network(x))[:, 0]
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-3)
    mixed = built(numbers())
    assert np.ptp((mixed(x + [1, 0, 0]) - mixed(x))[:, 0]) > 0.05


def test_what_is_named_nowhere_is_not_read():
    network = built(numbers(), wide=[0], deep=[-1])
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(network(x), network(x * [1, 0, 1]))
    assert not np.allclose(network(x), network(x * [1, 1, 0]))


def test_a_name_means_the_whole_column():
    data = replace(numbers(features=5), modality=TABLE)
    assert places(data, "wide", ["work", "age"]) == [1, 2, 3, 0]
    assert places(data, "wide", ["hours", 1, -5]) == [4, 1, 0]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["wrok"], "did you mean 'work'|Did you mean 'work'|work"),
        ([5], "there is no such column"),
        ([-6], "there is no such column"),
        ([], "names no column"),
        (["work", 2], "one twice"),
    ],
)
def test_columns_that_are_not_there_are_refused(columns, words):
    with pytest.raises(BadSetting, match=words):
        places(replace(numbers(features=5), modality=TABLE), "deep", columns)


@pytest.mark.parametrize("data", [blobs(3), blobs(2), numbers()])
def test_the_run_opens_and_explains(tmp_path, data):
    recipe = WideAndDeep(wide=[0], deep=[1, 2], hidden=(8,), epochs=15, rate=0.03)
    run = train(recipe, data, folder=tmp_path)
    x = data.numbers(np.arange(8))
    answer = vitrail.explain(run.model, x, "integrated-gradients", target=0)
    assert answer.values.shape == x.shape
    assert np.abs(answer.values[:, :3]).min(1).max() > 1e-4
    assert np.all(answer.values[:, 3:] == 0)
    losses = [row["loss"] for row in run.history]
    assert losses[-1] < 0.8 * losses[0]
