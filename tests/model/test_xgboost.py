"""XGBoost's trees as they are read, against its own predictions; what cannot be read is refused."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import torch
import xgboost as xgb

import vitrail
from vitrail.errors import CannotOpen, MissingExtra
from vitrail.model.xgboost import is_live

NOISE = 4e-6  # XGBoost adds up in float32
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype(np.float32)
HOLES = np.where(RNG.random(X.shape) < 0.15, np.nan, X).astype(np.float32)
Y = X[:, 0] * X[:, 1] + X[:, 2] + 0.1 * RNG.normal(size=300)
KIND = np.digitize(Y, [-0.7, 0.7])

ESTIMATORS = {
    "regressor": lambda: xgb.XGBRegressor(n_estimators=20, max_depth=4).fit(HOLES, Y),
    "poisson": lambda: xgb.XGBRegressor(n_estimators=8, objective="count:poisson").fit(X, KIND),
    "two classes": lambda: xgb.XGBClassifier(n_estimators=8).fit(HOLES, Y > 0),
    "three classes": lambda: xgb.XGBClassifier(n_estimators=8).fit(HOLES, KIND),
    "dart": lambda: xgb.XGBRegressor(n_estimators=10, booster="dart", rate_drop=0.5).fit(X, Y),
    "forest": lambda: xgb.XGBRFRegressor(n_estimators=10).fit(X, Y),
    "ranker": lambda: xgb.XGBRanker(n_estimators=5).fit(X, KIND, group=[100, 200]),
    "two values": lambda: xgb.XGBRegressor(n_estimators=5).fit(X, np.stack([Y, 2 * Y], 1)),
}


def on_the_edge(trees, rows=60):
    """Values on thresholds, just above and just below, in float32 as XGBoost reads them; some missing."""
    made = RNG.normal(size=(rows, trees.features)).astype(np.float32)
    for column, cuts in enumerate(trees.cuts):
        chosen = RNG.choice(cuts, rows).astype(np.float32)
        towards = np.array([-np.inf, np.inf, 0], dtype=np.float32)[np.arange(rows) % 3]
        made[:, column] = np.where(np.arange(rows) % 3 == 2, chosen, np.nextafter(chosen, towards))
    return np.where(RNG.random(made.shape) < 0.1, np.nan, made)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_trees_say_what_the_library_says(kind):
    estimator = ESTIMATORS[kind]()
    network = vitrail.open(estimator).network
    trees = network.trees(None)
    for x in (HOLES, on_the_edge(trees)):
        said = estimator.predict(x, output_margin=True).reshape(len(x), -1)
        np.testing.assert_allclose(trees(x), said, rtol=0, atol=NOISE * (1 + np.abs(said).max()))
        assert len(np.unique(said)) > 5


def test_a_value_between_two_float32_goes_where_the_library_sends_it():
    """A threshold has neighbours in float64 that are the same number in float32."""
    estimator = ESTIMATORS["regressor"]()
    trees = vitrail.open(estimator).network.trees(None)
    x = np.repeat(X[:1].astype(np.float64), 3, 0)
    above = np.nextafter(np.float32(trees.cuts[0][10]), np.float32(np.inf)).astype(np.float64)
    x[:, 0] = above, np.nextafter(above, -np.inf), np.nextafter(above, np.inf)
    np.testing.assert_allclose(trees(x)[:, 0], estimator.predict(x), rtol=0, atol=NOISE)
    assert len(np.unique(trees(x))) == 1


@pytest.mark.parametrize("kind", ["two classes", "three classes"])
def test_classifiers_answer_with_probabilities_and_are_asked_for_margins(kind):
    estimator = ESTIMATORS[kind]()
    model = vitrail.open(estimator)
    chances = estimator.predict_proba(HOLES)
    chances = chances[:, 1:] if kind == "two classes" else chances
    torch.testing.assert_close(model(HOLES).float(), torch.tensor(chances), rtol=0, atol=1e-6)
    margin = model(HOLES, vitrail.Output(0))
    np.testing.assert_allclose(
        margin, estimator.predict(HOLES, output_margin=True).reshape(300, -1)[:, 0], rtol=0, atol=1e-6
    )
    assert model.classes == (("1",) if kind == "two classes" else ("0", "1", "2"))


def test_one_that_stopped_early_predicts_up_to_its_best_round():
    estimator = xgb.XGBRegressor(n_estimators=60, early_stopping_rounds=3, learning_rate=0.5)
    estimator.fit(X[:200], Y[:200], eval_set=[(X[200:], Y[200:])], verbose=False)
    network = vitrail.open(estimator).network
    assert len(network.trees(None).roots) == estimator.best_iteration + 1 < len(estimator.get_booster().get_dump())
    np.testing.assert_allclose(network.trees(None)(X)[:, 0], estimator.predict(X), rtol=0, atol=NOISE)


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_files_hold_the_same_ensemble(ending, tmp_path):
    estimator = ESTIMATORS["three classes"]()
    estimator.save_model(tmp_path / f"m.{ending}")
    model = vitrail.open(tmp_path / f"m.{ending}")
    torch.testing.assert_close(model(HOLES), vitrail.open(estimator)(HOLES), rtol=0, atol=0)
    assert model.name == "m"


def test_training_on_changes_nothing_that_was_opened():
    data = xgb.DMatrix(X, Y)
    booster = xgb.train({"max_depth": 3}, data, 5)
    model = vitrail.open(booster)
    before = model(X)
    booster.update(data, 6)
    assert np.abs(booster.predict(data) - before[:, 0].numpy()).max() > 1e-3
    torch.testing.assert_close(model(X), before, rtol=0, atol=0)


@pytest.mark.parametrize("settings", [{}, {"max_cat_to_onehot": 1, "max_cat_threshold": 3}])
def test_categories_are_found_by_name_and_split_as_in_training(settings):
    frame = pd.DataFrame(
        {
            "a": X[:, 0],
            "colour": pd.Categorical(RNG.choice(list("zyxwv"), 300)),
            "size": pd.Categorical(RNG.choice([10, 3, 7], 300)),
        }
    )
    frame.loc[:9, "colour"] = None
    y = frame.a + 2 * (frame.colour.cat.codes == 2) * (frame["size"] == 7) + (frame.colour.cat.codes > 3)
    estimator = xgb.XGBRegressor(n_estimators=15, max_depth=4, enable_categorical=True, **settings).fit(frame, y)
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    said = estimator.predict(frame)
    np.testing.assert_allclose(model(frame[["size", "colour", "a"]])[:, 0], said, rtol=0, atol=0)
    assert model.network.columns.categories == {1: ("v", "w", "x", "y", "z"), 2: (3, 7, 10)}
    codes = model.pack(frame).x.numpy()
    np.testing.assert_allclose(trees(codes)[:, 0], said, rtol=0, atol=NOISE)
    assert trees.subsets
    codes[:, 1:] = RNG.integers(0, 40, (300, 2))  # codes that were never seen
    np.testing.assert_allclose(trees(codes), model.network.margins(codes), rtol=0, atol=NOISE)


def test_a_number_that_stood_for_missing_in_training_still_does():
    holes = np.nan_to_num(HOLES, nan=-7)
    estimator = xgb.XGBRegressor(n_estimators=10, missing=-7).fit(holes, Y)
    said = estimator.predict(holes)
    model = vitrail.open(estimator)
    np.testing.assert_allclose(model(holes)[:, 0], said, rtol=0, atol=0)
    answer = vitrail.explain(model, holes, "tree-shap")
    np.testing.assert_allclose(answer.values.sum(1) + answer.base_value, said, rtol=0, atol=NOISE)
    assert np.abs(vitrail.open(estimator.get_booster())(holes)[:, 0].numpy() - said).max() > 0.1


def test_columns_are_named_as_in_training():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = vitrail.open(xgb.XGBRegressor(n_estimators=3).fit(frame, Y))
    assert model.network.columns.names == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: xgb.XGBRegressor(), "not fitted"),
        (lambda: xgb.XGBRegressor(booster="gblinear", n_estimators=2).fit(X, Y), "linear booster, without trees"),
        (
            lambda: xgb.XGBRegressor(n_estimators=2, multi_strategy="multi_output_tree").fit(X, np.stack([Y, Y], 1)),
            "one_output_per_tree",
        ),
    ],
)
def test_what_has_no_trees_of_numbers_is_refused(make, words):
    with pytest.raises(CannotOpen, match=words):
        vitrail.open(make())


def test_a_file_that_is_cut_short_is_refused(tmp_path):
    ESTIMATORS["regressor"]().save_model(tmp_path / "m.json")
    (tmp_path / "m.json").write_bytes((tmp_path / "m.json").read_bytes()[:5000])
    with pytest.raises(CannotOpen, match="Save it again"):
        vitrail.open(tmp_path / "m.json")


def test_a_file_says_which_extra_is_missing(tmp_path, monkeypatch):
    (tmp_path / "m.json").write_text(json.dumps({"learner": {}}))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"'vitrail\[trees\]'"):
        vitrail.open(tmp_path / "m.json")


def test_nothing_is_live_where_the_library_is_not_imported(monkeypatch):
    for name in ("xgboost", "xgboost.sklearn"):
        monkeypatch.delitem(sys.modules, name)
    assert not is_live(object())
