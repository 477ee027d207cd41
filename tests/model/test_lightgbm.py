"""LightGBM's trees as they are read, against its own predictions; what cannot be read is refused."""

import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import torch

import vitrail
from vitrail.errors import CannotOpen, MissingExtra
from vitrail.model.lightgbm import is_live

RNG = np.random.default_rng(1)
X = RNG.normal(size=(400, 4))
X[:, 3] = RNG.random(400)
HOLES = np.where(RNG.random(X.shape) < 0.15, np.nan, X)
HOLES[:, 3] = X[:, 3]  # nothing was missing here in training
ZEROS = np.where(RNG.random(X.shape) < 0.3, 0.0, X)
Y = X[:, 0] * X[:, 1] + X[:, 2] + 0.1 * RNG.normal(size=400)
KIND = np.digitize(Y, [-0.7, 0.7])
QUIET = {"verbosity": -1, "n_jobs": 1}
BAGGED = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}


def regressor(x, **settings):
    return lgb.LGBMRegressor(n_estimators=15, **settings, **QUIET).fit(x, Y)


def classifier(y, **settings):
    return lgb.LGBMClassifier(n_estimators=8, **settings, **QUIET).fit(HOLES, y)


ESTIMATORS = {
    "regressor": lambda: regressor(HOLES),
    "zeros missing": lambda: regressor(ZEROS, zero_as_missing=True),
    "nothing missing": lambda: regressor(HOLES, use_missing=False),
    "dart": lambda: regressor(X, boosting_type="dart"),
    "forest": lambda: regressor(X, **BAGGED),
    "two classes": lambda: classifier(Y > 0),
    "forest of two": lambda: classifier(Y > 0, **BAGGED),
    "steep": lambda: classifier(Y > 0, sigmoid=2.5),
    "three classes": lambda: classifier(KIND),
    "one against all": lambda: classifier(KIND, objective="multiclassova"),
    "ranker": lambda: lgb.LGBMRanker(n_estimators=5, **QUIET).fit(X, KIND, group=[100, 300]),
}


def on_the_edge(trees, rows=90):
    """Values on thresholds and the float64 just above and below, zeros, almost zeros, and missing ones.

    Not on the thresholds of about 1e-35 that LightGBM puts around 0: reading its own text it does not hit them exactly.
    """
    made = np.empty((rows, trees.features))
    for column, cuts in enumerate(trees.cuts):
        chosen = RNG.choice(cuts[np.abs(cuts) > 1e-30], rows)
        made[:, column] = np.choose(
            np.arange(rows) % 3, [chosen, np.nextafter(chosen, 9e9), np.nextafter(chosen, -9e9)]
        )
    made = np.where(RNG.random(made.shape) < 0.1, np.nan, made)
    return np.where(RNG.random(made.shape) < 0.1, RNG.choice([0.0, 1e-36, -1e-36, 2e-35], made.shape), made)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_trees_say_what_the_library_says(kind):
    estimator = ESTIMATORS[kind]()
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    for x in (HOLES, ZEROS, on_the_edge(trees)):
        np.testing.assert_allclose(trees(x), model.network.margins(x), rtol=0, atol=1e-12)
        said = estimator.predict_proba(x) if hasattr(estimator, "classes_") else estimator.predict(x)[:, None]
        said = said[:, 1:] if len(getattr(estimator, "classes_", ())) == 2 else said
        np.testing.assert_allclose(model(x), said, rtol=0, atol=1e-12)
        assert len(np.unique(said)) > 5


def test_one_that_stopped_early_predicts_up_to_its_best_round():
    data = lgb.Dataset(X[:300], Y[:300])
    stop = lgb.early_stopping(3, verbose=False)
    settings = {"learning_rate": 0.5, **QUIET}
    booster = lgb.train(
        settings,
        data,
        60,
        [lgb.Dataset(X[300:], Y[300:], reference=data)],
        keep_training_booster=True,
        callbacks=[stop],
    )
    network = vitrail.open(booster).network
    assert len(network.trees(None).roots) == booster.best_iteration < booster.num_trees()
    np.testing.assert_allclose(network.trees(None)(X)[:, 0], booster.predict(X), rtol=0, atol=1e-12)


def test_a_text_file_holds_the_same_ensemble(tmp_path):
    estimator = ESTIMATORS["three classes"]()
    estimator.booster_.save_model(tmp_path / "m.txt")
    model = vitrail.open(tmp_path / "m.txt")
    torch.testing.assert_close(model(HOLES), vitrail.open(estimator.booster_)(HOLES), rtol=0, atol=0)
    assert model.name == "m"


@pytest.mark.parametrize("settings", [{}, {"max_cat_to_onehot": 1, "min_data_per_group": 1, "cat_smooth": 1}])
def test_categories_are_found_by_name_and_split_as_in_training(settings):
    frame = pd.DataFrame(
        {
            "a": X[:, 0],
            "colour": pd.Categorical(RNG.choice(list("zyxwv"), 400)),
            "size": pd.Categorical(RNG.choice([10, 3, 7], 400)),
        }
    )
    frame.loc[:9, "colour"] = None
    y = frame.a + 2 * (frame.colour.cat.codes == 2) * (frame["size"] == 7) + (frame.colour.cat.codes > 3)
    estimator = lgb.LGBMRegressor(n_estimators=15, **settings, **QUIET).fit(frame, y)
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    np.testing.assert_allclose(model(frame[["size", "colour", "a"]])[:, 0], estimator.predict(frame), rtol=0, atol=0)
    assert model.network.columns.categories == {1: ("v", "w", "x", "y", "z"), 2: (3, 7, 10)}
    assert trees.subsets
    codes = model.pack(frame).x.numpy()
    np.testing.assert_allclose(trees(codes), model.network.margins(codes), rtol=0, atol=1e-12)
    codes[:, 1:] = RNG.integers(-2, 40, (400, 2))  # codes that were never seen
    np.testing.assert_allclose(trees(codes), model.network.margins(codes), rtol=0, atol=1e-12)


def test_names_that_the_library_makes_up_are_none():
    assert vitrail.open(ESTIMATORS["regressor"]()).network.columns.names == ()
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert vitrail.open(regressor(frame)).network.columns.names == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lgb.LGBMRegressor(), "not fitted"),
        (lambda: regressor(X, linear_tree=True), "linear models at its leaves"),
    ],
)
def test_what_has_no_trees_of_numbers_is_refused(make, words):
    with pytest.raises(CannotOpen, match=words):
        vitrail.open(make())


def test_columns_that_disagree_what_is_missing_are_refused():
    first = lgb.train({"zero_as_missing": True, **QUIET}, lgb.Dataset(ZEROS, Y), 3)
    text, other = first.model_to_string(), "decision_type="
    lines = [line.replace("4", "8").replace("6", "8") if line.startswith(other) else line for line in text.split("\n")]
    changed = [i for i, line in enumerate(lines) if line.startswith(other)][0]
    mixed = text.split("\n")
    mixed[changed] = lines[changed]
    with pytest.raises(CannotOpen, match="do not agree what is missing"):
        vitrail.open(lgb.Booster(model_str="\n".join(mixed)))


CUTS = {
    "in a tree": lambda text: text[:3000],
    "before the end": lambda text: text.split("\nend of trees")[0],
    "in the head": lambda text: text[:40],
    "in the middle": lambda text: text[:2000] + text[2100:],
    "a node without a child": lambda text: text.replace("left_child=1 ", "left_child=  ", 1),
    "a node below itself": lambda text: text.replace("left_child=1 ", "left_child=0 ", 1),
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_text_that_is_cut_or_changed_is_refused(cut, tmp_path):
    """LightGBM itself ends the whole process over some of these."""
    text = ESTIMATORS["regressor"]().booster_.model_to_string()
    assert CUTS[cut](text) != text
    (tmp_path / "m.txt").write_text(CUTS[cut](text))
    with pytest.raises(CannotOpen, match="Save it again"):
        vitrail.open(tmp_path / "m.txt")


def test_a_file_says_which_extra_is_missing(tmp_path, monkeypatch):
    (tmp_path / "m.txt").write_text("tree\nversion=v4\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"'vitrail\[trees\]'"):
        vitrail.open(tmp_path / "m.txt")


def test_nothing_is_live_where_the_library_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "lightgbm")
    assert not is_live(object())
