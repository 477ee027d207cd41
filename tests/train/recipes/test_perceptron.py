"""The perceptron by scikit-learn: the same rule as step by step, stopped in time, and a network that says the same."""

from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import blobs
from vitrail.train.backend import school
from vitrail.train.perceptron import perceptron
from vitrail.train.recipes.perceptron import Perceptron
from vitrail.train.teach import teach
from vitrail.train.verb import train


def weights(network):
    return [np.asarray(w, np.float64) for w in network.get_layer("output").get_weights()]


def noise(n=60):
    """No line tells these apart."""
    rng = np.random.default_rng(0)
    return replace(blobs(2, n=n), x=rng.normal(size=(n, 4)))


def rows(recipe, data):
    return list(recipe.rows(data))


def test_one_epoch_is_that_of_the_step_by_step_rule():
    data = noise()
    ((_, kernel, bias),) = rows(Perceptron(epochs=1, patience=None), data)
    order = np.random.default_rng((0, 1)).permutation(data.rows["train"])
    lesson = perceptron(np.float32(data.x[order]), 2 * data.y[order] - 1, step="sign", epochs=1)
    assert len(lesson.updates) > 5
    np.testing.assert_allclose([*bias, *kernel[:, 0]], lesson.weights, rtol=1e-6)


def test_it_stops_when_all_are_right(tmp_path):
    network, state = teach(Perceptron(), blobs(2, apart=8.0), tmp_path)
    assert len(state.history) < 10
    assert state.history[-1]["loss"] == 0
    x, y = blobs(2, apart=8.0).part("train")
    np.testing.assert_array_equal(network.predict(x, verbose=0) > 0.5, y > 0.5)


def test_the_fewest_mistakes_are_kept_and_patience_ends_it():
    data, recipe = noise(), Perceptron(epochs=40, patience=4)
    network = recipe.build(school(), data)
    history = recipe.learn(network, data)
    losses = [row["val_loss"] for row in history]
    assert len(losses) == losses.index(min(losses)) + 5 < 40
    every = rows(recipe, data)
    last = max(i for i, loss in enumerate(losses) if loss == min(losses))
    kernel, bias = weights(network)
    np.testing.assert_allclose(kernel, every[last][1], rtol=1e-6)
    np.testing.assert_allclose(bias, every[last][2], rtol=1e-6)
    assert max(losses) > min(losses)


def test_the_loss_is_the_share_of_mistakes():
    data = noise()
    for row, kernel, bias in rows(Perceptron(epochs=3), data):
        x, y = data.part("train")
        assert row["loss"] == pytest.approx(((x @ kernel + bias > 0) != (y > 0.5)).mean())
        assert row["loss"] + row["accuracy"] == pytest.approx(1)


def test_the_rate_changes_sizes_alone():
    one, other = (rows(Perceptron(epochs=3, rate=rate), noise())[-1] for rate in (1.0, 0.25))
    np.testing.assert_allclose(0.25 * one[1], other[1])
    assert np.abs(one[1]).max() > 0.1


def test_the_seed_decides_the_order():
    one, other = (rows(Perceptron(epochs=1, seed=seed), noise())[0][1] for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_classes_can_count_alike():
    rare = replace(noise(), y=(np.arange(60) % 6 == 0).astype(int))
    share = []
    for balance in (False, True):
        said = [
            (rare.numbers(rare.rows["train"]) @ k + b > 0).mean() for _, k, b in rows(Perceptron(balance=balance), rare)
        ]
        share.append(np.mean(said))
    assert share[1] > share[0] + 0.05


@pytest.mark.parametrize("classes", [2, 4])
def test_the_run_opens_and_its_logit_is_the_sum(tmp_path, classes):
    data = blobs(classes, apart=5.0)
    run = train("perceptron", data, folder=tmp_path)
    assert run.about["evaluation"]["accuracy"] > 0.85
    x = data.numbers(np.arange(6))
    answer = vitrail.explain(run.model, x, "integrated-gradients", target=0)
    kernel, _ = weights(run.model.network.model)
    np.testing.assert_allclose(answer.values, x * kernel[:, 0], rtol=1e-4, atol=1e-4)
    assert np.abs(answer.values).max() > 0.1
