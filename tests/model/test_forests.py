"""scikit-learn's trees as they are read, against its own predictions; what cannot be read is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import ensemble, tree
from sklearn.linear_model import LinearRegression, LogisticRegression

import vitrail
from vitrail.errors import CannotOpen, ChooseOutput
from vitrail.model.forests import is_live

RNG = np.random.default_rng(2)
X = RNG.normal(size=(250, 4))
HOLES = np.where(RNG.random(X.shape) < 0.15, np.nan, X)
Y = X[:, 0] * X[:, 1] + X[:, 2] + 0.1 * RNG.normal(size=250)
KIND = np.digitize(Y, [-0.7, 0.7])
NAMES = np.array(["low", "middle", "high"])

ESTIMATORS = {
    "tree": lambda: tree.DecisionTreeClassifier(random_state=0).fit(HOLES, KIND),
    "regression tree": lambda: tree.DecisionTreeRegressor(random_state=0).fit(HOLES, Y),
    "random tree": lambda: tree.ExtraTreeRegressor(random_state=0).fit(X, Y),
    "forest": lambda: ensemble.RandomForestClassifier(12, random_state=0).fit(HOLES, NAMES[KIND]),
    "weighted forest": lambda: ensemble.RandomForestClassifier(
        12, random_state=0, class_weight="balanced", max_depth=3
    ).fit(X, KIND),
    "regression forest": lambda: ensemble.RandomForestRegressor(12, random_state=0).fit(X, Y),
    "two values": lambda: ensemble.RandomForestRegressor(12, random_state=0).fit(X, np.stack([Y, 2 * Y], 1)),
    "extra": lambda: ensemble.ExtraTreesClassifier(12, random_state=0).fit(X, KIND),
    "boosting": lambda: ensemble.GradientBoostingRegressor(n_estimators=12, loss="huber").fit(X, Y),
    "boosting from zero": lambda: ensemble.GradientBoostingRegressor(n_estimators=12, init="zero").fit(X, Y),
    "boosting two": lambda: ensemble.GradientBoostingClassifier(n_estimators=12).fit(X, Y > 0),
    "boosting exponentially": lambda: ensemble.GradientBoostingClassifier(n_estimators=12, loss="exponential").fit(
        X, Y > 0
    ),
    "boosting three": lambda: ensemble.GradientBoostingClassifier(n_estimators=12).fit(X, KIND),
    "histograms": lambda: ensemble.HistGradientBoostingRegressor(max_iter=12).fit(HOLES, Y),
    "histograms poisson": lambda: ensemble.HistGradientBoostingRegressor(max_iter=12, loss="poisson").fit(HOLES, KIND),
    "histograms two": lambda: ensemble.HistGradientBoostingClassifier(max_iter=12).fit(HOLES, Y > 0),
    "histograms three": lambda: ensemble.HistGradientBoostingClassifier(max_iter=12).fit(HOLES, KIND),
}


def on_the_edge(network, rows=90):
    """Values on thresholds, and next to them in float64 and in float32; some missing where that is known."""
    trees = network.trees(None)
    made = np.empty((rows, trees.features))
    for column, cuts in enumerate(trees.cuts):
        chosen = RNG.choice(cuts[np.isfinite(cuts)], rows)
        near = np.nextafter(chosen.astype(np.float32), np.float32(9e9)).astype(np.float64)
        kinds = [chosen, np.nextafter(chosen, 9e9), np.nextafter(chosen, -9e9), near]
        made[:, column] = np.choose(RNG.integers(0, 4, rows), kinds)
    return np.where((RNG.random(made.shape) < 0.1) & network.columns.missing, np.nan, made)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_trees_say_what_the_library_says(kind):
    estimator = ESTIMATORS[kind]()
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    for x in (X, on_the_edge(model.network)):
        np.testing.assert_allclose(trees(x), model.network.margins(x), rtol=0, atol=1e-12)
        said = (
            estimator.predict_proba(x) if hasattr(estimator, "classes_") else estimator.predict(x).reshape(len(x), -1)
        )
        said = said[:, 1:] if model.network.squash == "sigmoid" else said
        said = np.log(said) if "poisson" in kind else said  # what the trees add up to
        np.testing.assert_allclose(model(x), said, rtol=0, atol=1e-12)
        assert len(np.unique(said)) > 1


def test_a_threshold_is_compared_with_x_in_float32():
    estimator = ESTIMATORS["regression tree"]()
    trees = vitrail.open(estimator).network.trees(None)
    cut = trees.cuts[0][3]
    above = np.nextafter(np.float32(cut), np.float32(np.inf if np.float32(cut) <= cut else -np.inf))
    x = np.repeat(X[:1], 2, 0)
    x[:, 0] = cut, above
    np.testing.assert_allclose(trees(x)[:, 0], estimator.predict(x), rtol=0, atol=0)


def test_classes_are_named_as_in_training():
    assert vitrail.open(ESTIMATORS["forest"]()).classes == ("high", "low", "middle")
    assert vitrail.open(ESTIMATORS["boosting two"]()).classes == ("True",)


def test_one_of_several_outputs_is_chosen_when_it_is_opened():
    estimator = ensemble.RandomForestClassifier(8, random_state=0).fit(X, np.stack([KIND, Y > 0], 1))
    with pytest.raises(ChooseOutput, match="2 outputs"):
        vitrail.open(estimator)(X)
    for output, chances in enumerate(estimator.predict_proba(X)):
        model = vitrail.open(estimator, output=output)
        np.testing.assert_allclose(model(X), chances, rtol=0, atol=0)
        np.testing.assert_allclose(model.network.trees(output)(X), chances, rtol=0, atol=1e-12)


@pytest.mark.parametrize("texts", [True, False])
def test_categories_are_found_by_name_and_split_as_in_training(texts):
    frame = pd.DataFrame({"a": X[:, 0], "colour": RNG.choice(list("zyxwv"), 250), "size": RNG.choice([10, 3, 7], 250)})
    y = frame.a + 2 * ((frame.colour == "x") & (frame["size"] == 7)) + (frame.colour == "z")
    frame["colour"] = frame.colour.astype("category")
    frame.loc[:9, "colour"] = None
    frame = frame if texts else frame.assign(colour=frame.colour.cat.codes.replace(-1, 5))
    settings = {"max_iter": 15, "categorical_features": ["colour", "size"]}
    estimator = ensemble.HistGradientBoostingRegressor(**settings).fit(frame, y)
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    said = estimator.predict(frame)
    np.testing.assert_allclose(model(frame[["size", "colour", "a"]])[:, 0], said, rtol=0, atol=0)
    assert trees.subsets
    codes = model.pack(frame).x.numpy()
    np.testing.assert_allclose(trees(codes)[:, 0], said, rtol=0, atol=1e-12)
    codes[:50, 1] = np.nan
    np.testing.assert_allclose(trees(codes), model.network.margins(codes), rtol=0, atol=1e-12)
    if not texts:  # arrays hold the categories themselves
        np.testing.assert_allclose(model(frame.to_numpy(float))[:, 0], said, rtol=0, atol=0)


def test_names_are_kept_and_nothing_is_warned_about():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = vitrail.open(ensemble.RandomForestRegressor(4).fit(frame, Y))
    assert model.network.columns.names == ("a", "b", "c", "d")
    assert model(X).shape == (250, 1)


def test_fitting_again_changes_nothing_that_was_opened():
    estimator = ESTIMATORS["regression forest"]()
    model = vitrail.open(estimator)
    before = model(X)
    estimator.fit(X, -Y)
    torch.testing.assert_close(model(X), before, rtol=0, atol=0)


def test_only_trees_are_live():
    assert is_live(ensemble.RandomForestClassifier())
    assert not any(map(is_live, (LinearRegression(), ensemble.AdaBoostClassifier(), object(), torch.nn.Linear(1, 1))))
    with pytest.raises(CannotOpen, match="is an estimator"):
        vitrail.open(LogisticRegression())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ensemble.RandomForestClassifier(), "not fitted"),
        (
            lambda: ensemble.GradientBoostingRegressor(init=LinearRegression()).fit(X, Y),
            "begins with a LinearRegression",
        ),
    ],
)
def test_what_is_not_made_of_trees_is_refused(make, words):
    with pytest.raises(CannotOpen, match=words):
        vitrail.open(make())
