"""The regressor: any unit, ranges kept, several outputs, losses."""

from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import numbers
from vitrail.train.backend import school
from vitrail.train.recipes.mlp_regressor import MLPRegressor
from vitrail.train.teach import teach
from vitrail.train.verb import train

SMALL = MLPRegressor(hidden=(16,), epochs=30, rate=0.02)


def fit(recipe, data, folder):
    folder.mkdir()
    network, state = teach(recipe, data, folder)
    return network.predict(data.numbers(np.arange(len(data))), verbose=0).astype(float), state


def r2(said, y):
    return 1 - ((said - y.reshape(said.shape)) ** 2).mean() / y.var()


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_target_changes_nothing(tmp_path, unit):
    data = numbers()
    plain, state = fit(SMALL, data, tmp_path / "a")
    other, restate = fit(SMALL, replace(data, y=unit * (data.y + 100)), tmp_path / "b")
    assert r2(plain, data.y) > 0.95
    np.testing.assert_allclose(other / unit - 100, plain, rtol=0, atol=0.2)  # float32 holds 1e6 * 100 to 8
    losses = [[row["val_loss"] for row in each.history] for each in (state, restate)]
    np.testing.assert_allclose(*losses, rtol=0.05)


def test_each_of_several_outputs_is_learnt_in_its_own_unit(tmp_path):
    data = numbers()
    several = replace(data, y=np.stack([data.y, 1000 - 1e-3 * data.x[:, 0], 1e5 * data.x[:, 1]], 1))
    said, _ = fit(SMALL, several, tmp_path / "a")
    assert said.shape == (120, 3)
    assert min(r2(said[:, k], several.y[:, k]) for k in range(3)) > 0.8


@pytest.mark.parametrize(("output", "bounds"), [("positive", None), ("bounded", (0.0, 8.0))])
def test_positive_and_bounded_outputs_learn_and_keep_their_range(tmp_path, output, bounds):
    data = replace(numbers(), y=np.exp(0.15 * numbers().y))
    said, _ = fit(replace(SMALL, output=output, bounds=bounds, epochs=60), data, tmp_path / "a")
    assert r2(said, data.y) > 0.7
    assert said.min() >= 0
    assert output == "positive" or said.max() <= 8


def test_every_loss_is_the_one_that_was_asked_for(tmp_path):
    """One target far out pulls the squared error to it, and the absolute one hardly."""
    y = np.zeros(120)
    data = replace(
        numbers(), x=np.zeros((120, 3)), rows={"train": np.arange(10), "validation": np.arange(10), "test": [0]}
    )
    y[0] = 100.0
    means = {}
    for loss in ("mse", "mae", "huber"):
        recipe = MLPRegressor(hidden=(4,), epochs=60, rate=0.06, batch=10, patience=None, loss=loss)
        means[loss] = float(fit(recipe, replace(data, y=y), tmp_path / loss)[0][0, 0])
    assert means["mse"] == pytest.approx(10, abs=1.5)  # the mean
    assert means["mae"] == pytest.approx(0, abs=1.5)  # the median
    assert means["mae"] + 1 < means["huber"] < means["mse"] - 1


def test_the_run_opens_and_is_explained_in_the_units_of_the_target(tmp_path):
    data = replace(numbers(), y=1000 * numbers().y)
    run = train(SMALL, data, folder=tmp_path)
    x = data.numbers(data.rows["test"][:5])
    answer = vitrail.explain(run.model, x, "integrated-gradients", steps=200, speed="plain")
    said, nothing = (np.ravel(run.model(v).detach().numpy() if hasattr(run.model(v), "detach") else run.model(v))
                     for v in (x, 0 * x))  # fmt: skip
    assert np.abs(said - nothing).max() > 500
    np.testing.assert_allclose(answer.values.sum(1), said - nothing, rtol=0, atol=0.02 * np.abs(said - nothing).max())


def test_the_file_holds_no_loss_of_ours(tmp_path):
    run = train(replace(SMALL, epochs=1), numbers(), folder=tmp_path)
    plain = school().saving.load_model(run.folder / "model.keras")
    x = numbers().numbers(np.arange(4))
    np.testing.assert_allclose(plain.predict(x, verbose=0), np.asarray(run.model(x)), rtol=1e-6)
