"""Tree SHAP on small ensembles of every library: against enumeration, and against what libraries say themselves."""

import json

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import torch
import xgboost as xgb
from sklearn import ensemble, tree

import vitrail
from known import by_branches, by_orders, explained, looked_up, random_trees, rows_for
from vitrail.errors import BadSetting, BadTarget
from vitrail.model import Model
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Columns, Trees

close = torch.testing.assert_close
RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 4)).astype(np.float32)
Y = X[:, 0] * X[:, 1] + X[:, 2] + 0.1 * RNG.normal(size=300)
KIND = np.digitize(Y, [-0.7, 0.7])
FEW = {"verbosity": -1, "n_jobs": 1, "n_estimators": 4, "num_leaves": 12}
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(b=pd.Categorical(RNG.choice(list("xyzuvw"), 300)))
COLOURED = Y + 2 * FRAME.b.isin(["x", "w"]) - (FRAME.b == "u")

#: name -> (estimator, how far float32 sums of its library may be off)
SMALL = {
    "xgboost": lambda: (xgb.XGBRegressor(n_estimators=5, max_depth=5).fit(X, Y), 1e-5),
    "xgboost classes": lambda: (xgb.XGBClassifier(n_estimators=3, max_depth=4).fit(X, KIND), 1e-5),
    "xgboost dart": lambda: (xgb.XGBRegressor(n_estimators=5, booster="dart", rate_drop=0.5).fit(X, Y), 1e-5),
    "lightgbm": lambda: (lgb.LGBMRegressor(**FEW).fit(X, Y), 1e-10),
    "lightgbm classes": lambda: (lgb.LGBMClassifier(**FEW).fit(X, KIND), 1e-10),
    "tree": lambda: (tree.DecisionTreeClassifier(random_state=0).fit(X, KIND), 1e-10),
    "forest": lambda: (ensemble.RandomForestRegressor(4, random_state=0).fit(X, np.stack([Y, -Y], 1)), 1e-10),
    "extra": lambda: (ensemble.ExtraTreesClassifier(4, random_state=0).fit(X, KIND), 1e-10),
    "boosting": lambda: (ensemble.GradientBoostingClassifier(n_estimators=3).fit(X, Y > 0), 1e-10),
    "histograms": lambda: (ensemble.HistGradientBoostingClassifier(max_iter=4).fit(X, KIND), 1e-10),
}
COLOURS = {
    "xgboost": lambda: (
        xgb.XGBRegressor(n_estimators=6, enable_categorical=True, max_cat_to_onehot=1).fit(FRAME, COLOURED),
        1e-5,
    ),
    "lightgbm": lambda: (lgb.LGBMRegressor(min_data_per_group=1, **FEW).fit(FRAME, COLOURED), 1e-10),
    "histograms": lambda: (ensemble.HistGradientBoostingRegressor(max_iter=5).fit(FRAME, COLOURED), 1e-10),
}


def target_of(model):
    return min(1, model.network.trees(None).value.shape[1] - 1)


@pytest.mark.parametrize("kind", SMALL)
def test_by_covers_it_is_the_enumeration_node_by_node(kind):
    model = vitrail.open(SMALL[kind]()[0])
    index = target_of(model)
    answer = explained(model, X[:4], "tree-shap", index)
    for k, row in enumerate(X[:4].astype(np.float64)):
        game = looked_up(by_branches(model.network.trees(None), row, index), 4)
        close(torch.tensor(answer.values[k]), by_orders(game, 4)[0], rtol=0, atol=1e-10)
        close(answer.base_value[k], float(game(torch.zeros(1, 4, dtype=torch.bool))), rtol=0, atol=1e-10)
    assert np.abs(answer.values).max() > 0.01


@pytest.mark.parametrize("kind", SMALL)
def test_over_a_background_it_is_the_enumeration_of_the_library_itself(kind):
    """The same question of the same game: what the library predicts when columns come from the background."""
    estimator, noise = SMALL[kind]()
    model = vitrail.open(estimator)
    index, background = target_of(model), X[50:60]
    answer = explained(model, X[:4], "tree-shap", index, baseline=background)
    slow = explained(model, X[:4], "exact-shapley", index, baseline=background)
    np.testing.assert_allclose(answer.values, slow.values, rtol=0, atol=noise)
    np.testing.assert_allclose(answer.base_value, slow.base_value, rtol=0, atol=noise)
    np.testing.assert_allclose(answer.checks["completeness_gap"], 0, atol=noise)


@pytest.mark.parametrize("kind", COLOURS)
def test_columns_of_categories_are_players_too(kind):
    estimator, noise = COLOURS[kind]()
    model = vitrail.open(estimator)
    trees = model.network.trees(None)
    assert trees.subsets
    few = FRAME.iloc[:4]
    answer = explained(model, few, "tree-shap")
    for k, row in enumerate(model.pack(few).x.numpy()):
        close(torch.tensor(answer.values[k]), by_orders(looked_up(by_branches(trees, row), 4), 4)[0])
    background = FRAME.iloc[50:60]
    over = explained(model, few, "tree-shap", baseline=background)
    slow = explained(model, few, "exact-shapley", baseline=background)
    np.testing.assert_allclose(over.values, slow.values, rtol=0, atol=noise)
    assert answer.labels["feature"] == list("abcd")
    assert (np.abs(answer.values) > 1e-3).any(0)[1]


HOLES = np.where(RNG.random(X.shape) < 0.15, np.nan, X)


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_it_is_what_xgboost_says_itself(booster):
    more = {"rate_drop": 0.3} if booster == "dart" else {}
    for y in (Y, KIND):
        maker = xgb.XGBRegressor if y is Y else xgb.XGBClassifier
        estimator = maker(n_estimators=15, max_depth=7, booster=booster, **more).fit(HOLES, y)
        theirs = estimator.get_booster().predict(xgb.DMatrix(HOLES), pred_contribs=True).reshape(300, -1, 5)
        for k in range(theirs.shape[1]):
            ours = explained(estimator, HOLES, "tree-shap", k)
            np.testing.assert_allclose(ours.values, theirs[:, k, :-1], rtol=0, atol=5e-6)
            np.testing.assert_allclose(ours.base_value, theirs[:, k, -1], rtol=0, atol=5e-6)
            assert np.abs(theirs[:, k, :-1]).max() > 0.3


@pytest.mark.parametrize("settings", [{}, {"zero_as_missing": True}, {"use_missing": False}])
def test_it_is_what_lightgbm_says_itself(settings):
    x = np.where(HOLES > 0.8, 0, HOLES)
    for y in (Y, KIND):
        maker = lgb.LGBMRegressor if y is Y else lgb.LGBMClassifier
        estimator = maker(n_estimators=15, num_leaves=25, verbosity=-1, n_jobs=1, **settings).fit(x, y)
        theirs = estimator.predict(x, pred_contrib=True).reshape(300, -1, 5)
        for k in range(theirs.shape[1]):
            ours = explained(estimator, x, "tree-shap", k)
            np.testing.assert_allclose(ours.values, theirs[:, k, :-1], rtol=0, atol=1e-10)
            np.testing.assert_allclose(ours.base_value, theirs[:, k, -1], rtol=0, atol=1e-10)
            assert np.abs(theirs[:, k, :-1]).max() > 0.3


def test_categories_of_lightgbm_are_shared_as_it_does_itself():
    estimator = COLOURS["lightgbm"]()[0]
    theirs = estimator.predict(FRAME, pred_contrib=True)
    np.testing.assert_allclose(explained(estimator, FRAME, "tree-shap").values, theirs[:, :-1], rtol=0, atol=1e-10)


def test_deep_paths_about_many_columns_are_shared_exactly():
    x = RNG.normal(size=(600, 30))
    estimator = lgb.LGBMRegressor(n_estimators=6, num_leaves=120, min_child_samples=2, verbosity=-1, n_jobs=1)
    estimator.fit(x, x.sum(1))
    ours = explained(estimator, x[:50], "tree-shap")
    deep = max(len({int(c) for c in own[:n]}) for own, n in _paths(vitrail.open(estimator)))
    assert deep > 8
    np.testing.assert_allclose(ours.values, estimator.predict(x[:50], pred_contrib=True)[:, :-1], rtol=0, atol=1e-10)
    over = explained(estimator, x[:20], "tree-shap", baseline=x[-9:])
    np.testing.assert_allclose(over.checks["completeness_gap"], 0, atol=1e-10)


def _paths(model):
    from vitrail.games.tree_units import units_of

    return [
        (c, n) for u in units_of(model.network.trees(None)).values() for c, n in zip(u.column, u.count, strict=True)
    ]


# -- laws -------------------------------------------------------------------------------------------------------


def by_hand(trees):
    return Model(TreeNetwork("ours", "by hand", trees, trees, Columns(trees.features)))


@pytest.mark.parametrize("name", ["tree-shap", "tree-interactions"])
@pytest.mark.parametrize("rows", [None, 5])
def test_values_add_up(rows, name):
    trees = random_trees(5, 5, 4)
    x, baseline = rows_for(trees, 20), None if rows is None else rows_for(trees, rows, seed=1)
    answer = explained(
        by_hand(trees), torch.tensor(x), name, 0, **({} if rows is None else {"baseline": Given(baseline)})
    )
    np.testing.assert_allclose(
        answer.values.reshape(20, -1).sum(1) + answer.base_value, trees(x)[:, 0], rtol=0, atol=1e-10
    )
    np.testing.assert_allclose(answer.checks["completeness_gap"], 0, atol=1e-10)
    assert (answer.values != 0).any()


def Given(rows):  # noqa: N802  the same word as in a call
    return vitrail.inputs.baselines.Given(torch.tensor(rows))


@pytest.mark.parametrize("name", ["tree-shap", "tree-interactions"])
@pytest.mark.parametrize("rows", [None, 5])
def test_a_column_that_is_never_asked_about_gets_nothing(rows, name):
    trees = random_trees(5, 4, 3, tested=3)
    settings = {} if rows is None else {"baseline": Given(rows_for(trees, rows, seed=1))}
    found = explained(by_hand(trees), torch.tensor(rows_for(trees, 10)), name, 0, **settings).values
    assert (found[:, 3:] == 0).all()
    assert (found[..., 3:] == 0).all() or name == "tree-shap"
    assert (found[:, :3] != 0).any()


@pytest.mark.parametrize("name", ["tree-shap", "tree-interactions"])
@pytest.mark.parametrize("rows", [None, 5])
def test_two_ensembles_together_get_the_sum_of_their_shares(rows, name):
    one, other = random_trees(4, 4, 2, seed=1), random_trees(4, 4, 3, seed=2)
    shift = len(one.feature)
    parts = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in
             ("feature", "threshold", "missing_left", "cover", "value")}  # fmt: skip
    for side in ("left", "right"):
        parts[side] = np.concatenate([getattr(one, side), getattr(other, side) + shift])
    roots = np.concatenate([one.roots, other.roots + shift])
    both = Trees(**parts, roots=roots, features=4, single=False, base=one.base + other.base)
    x = torch.tensor(rows_for(both, 10))
    settings = {} if rows is None else {"baseline": Given(rows_for(both, rows, seed=1))}
    answers = [explained(by_hand(trees), x, name, 0, **settings) for trees in (one, other, both)]
    close(answers[0].values + answers[1].values, answers[2].values)
    close(answers[0].base_value + answers[1].base_value, answers[2].base_value)


def crossed():
    """x_0 and x_1 both below 0, asked in one order: 1, else 0. Of the rows three in four have x_0 below 0."""
    stem = {"threshold": np.zeros(5), "missing_left": np.zeros(5, dtype=bool), "roots": np.array([0]), "features": 2}
    return Trees(
        feature=np.array([0, 1, -1, -1, -1]),
        left=np.array([1, 3, -1, -1, -1]),
        right=np.array([2, 4, -1, -1, -1]),
        cover=np.array([8.0, 6, 2, 3, 3]),
        value=np.array([0.0, 0, 0, 1, 0])[:, None],
        single=False,
        **stem,
    )


def test_symmetry_is_kept_over_a_symmetric_background_and_by_covers_it_is_not():
    x, background = np.full((1, 2), -1.0), np.array([[1.0, -1], [-1, 1]])
    even = explained(by_hand(crossed()), x, "tree-shap", 0, baseline=background).values[0]
    close(even[0], even[1])
    uneven = explained(by_hand(crossed()), x, "tree-shap", 0).values[0]
    # v(0) = 1/2, v(1) = 3/4, v() = 3/8: by pencil
    np.testing.assert_allclose(uneven, [(1 / 8 + 1 / 4) / 2, (3 / 8 + 1 / 2) / 2])
    assert "symmetry" not in vitrail.METHODS["tree-shap"].laws


# -- what every method must do --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    return vitrail.open(xgb.XGBClassifier(n_estimators=6, max_depth=5).fit(HOLES, KIND))


@pytest.mark.parametrize("name", ["tree-shap", "tree-interactions"])
@pytest.mark.parametrize("baseline", [None, HOLES[:5]])
def test_a_batch_gets_the_same_bytes_as_its_examples_alone(name, baseline, model):
    settings = {} if baseline is None else {"baseline": baseline}
    together = explained(model, HOLES[:30], name, "predicted", **settings)
    for k in (0, 7, 29):
        alone = explained(model, HOLES[k : k + 1], name, "predicted", **settings)
        assert np.array_equal(alone.values[0], together.values[k])
        assert np.array_equal(alone.base_value[0], together.base_value[k])


@pytest.mark.parametrize("name", ["tree-shap", "tree-interactions"])
def test_settings_as_json_ask_the_same_question(name, model):
    for settings in ({}, {"baseline": 0.5}):
        answer = explained(model, HOLES[:9], name, 1, **settings)
        given = json.loads(json.dumps(answer.provenance["settings"], allow_nan=False))
        again = vitrail.explain(model, HOLES[:9], {"method": name, **given}, 1)
        assert np.array_equal(again.values, answer.values)
    background = explained(model, HOLES[:9], name, 1, baseline=HOLES[:5]).provenance["settings"]["baseline"]
    assert json.loads(json.dumps(background, allow_nan=False))["count"] == 5


def test_it_saves_and_loads(model, tmp_path):
    answer = explained(model, HOLES[:9], "tree-shap", 1)
    again = vitrail.load(answer.save(tmp_path / "answer"))
    assert np.array_equal(again.values, answer.values)
    assert again.kind == "players"


def test_what_comes_out(model):
    answer = explained(model, HOLES[:9], "tree-shap", 1)
    assert answer.values.dtype == np.float64
    assert answer.axes["values"] == ("batch", "feature")
    assert (answer.arrays["standard_error"] == 0).all()
    assert answer.arrays["standard_error"].shape == (9, 4)
    assert (answer.checks["standard_error"] == 0).all()
    assert answer.checks["evaluations"] == 9
    assert answer.checks["trees"] == 18
    assert (answer.arrays["players"] == np.arange(4)).all()
    assert answer.outputs.shape == (9, 3)
    assert answer.labels["class"] == ["0", "1", "2"]
    np.testing.assert_allclose(answer.checks["completeness_gap"], 0, atol=1e-5)


def test_only_classifiers_predict_a_class(model):
    assert explained(model, HOLES[:2], "tree-shap", 1).provenance["prediction"][0]["name"] in ("0", "1", "2")
    for kind in ("xgboost", "forest"):
        assert explained(SMALL[kind]()[0], X[:2], "tree-shap").provenance["prediction"] == []


def test_the_library_and_its_version_are_written_down(model):
    about = explained(model, HOLES[:2], "tree-shap", 1).provenance
    assert about["versions"]["xgboost"] == xgb.__version__
    assert about["model"]["framework"] == "xgboost"


def test_random_numbers_are_left_alone(model):
    before = torch.get_rng_state()
    explained(model, HOLES[:3], "tree-shap", 1)
    close(torch.get_rng_state(), before)


def test_global_threads_do_not_matter(model, monkeypatch):
    one = explained(model, HOLES, "tree-shap", 1).values
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert np.array_equal(explained(model, HOLES, "tree-shap", 1).values, one)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"target": vitrail.Output(1, of="probability")}, BadTarget, "no weighted sum"),
        ({"target": 3}, BadTarget, "no output 3"),
        ({"baseline": "noise"}, vitrail.VitrailError, "NaN|differs"),
        ({"baseline": np.zeros((2, 3))}, vitrail.VitrailError, "4"),
        ({"baseline": HOLES[:0]}, BadSetting, "without rows"),
        ({"baseline": "nothing"}, BadSetting, "no baseline named 'nothing'"),
        ({"samples": 3}, BadSetting, "no setting 'samples'"),
    ],
)
def test_what_does_not_fit_is_refused(settings, error, words, model):
    target = settings.pop("target", 1)
    with pytest.raises(error, match=words):
        vitrail.explain(model, np.nan_to_num(HOLES[:3]), "tree-shap", target, **settings)


def test_an_output_that_was_chosen_at_the_door_is_explained():
    estimator = ensemble.RandomForestClassifier(5, random_state=0).fit(X, np.stack([KIND, Y > 0], 1))
    for output, count in enumerate((3, 2)):
        model = vitrail.open(estimator, output=output)
        answer = explained(model, X[:5], "tree-shap", count - 1)
        chances = estimator.predict_proba(X[:5])[output][:, count - 1]
        np.testing.assert_allclose(answer.values.sum(1) + answer.base_value, chances, rtol=0, atol=1e-10)


def test_a_method_that_wraps_another_may_wrap_it(model):
    x = np.nan_to_num(HOLES[:5])
    plain = explained(model, x, "tree-shap", 1)
    wrapped = explained(model, x, "smoothgrad", 1, of="tree-shap", samples=2, std=0.0)
    close(wrapped.values, plain.values)
