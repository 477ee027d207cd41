"""Interactions of trees against the definition, and against what XGBoost says itself."""

import numpy as np
import pytest
import torch
import xgboost as xgb

from known import by_branches, explained, looked_up, pair_indices, random_trees, rows_for
from vitrail.model import Model
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Columns

close = torch.testing.assert_close
RNG = np.random.default_rng(4)
X = RNG.normal(size=(200, 5)).astype(np.float32)
X[RNG.random(X.shape) < 0.1] = np.nan
Y = np.nan_to_num(X[:, 0] * X[:, 1] + X[:, 2]) + 0.1 * RNG.normal(size=200)


def test_beside_the_diagonal_stands_half_of_the_index_and_rows_add_up():
    trees = random_trees(4, 4, 3, categories=1)
    x = rows_for(trees, 4, categories=1)
    model = Model(TreeNetwork("ours", "by hand", trees, trees, Columns(4)))
    answer = explained(model, torch.tensor(x), "tree-interactions")
    single = explained(model, torch.tensor(x), "tree-shap")
    close(answer.values.sum(2), single.values)
    for k, row in enumerate(x):
        expected = pair_indices(looked_up(by_branches(trees, row), 4), 4) / 2
        beside = torch.tensor(answer.values[k]) * (1 - torch.eye(4))
        close(beside, expected)
    assert beside.abs().max() > 0.02
    np.testing.assert_allclose(answer.checks["completeness_gap"], 0, atol=1e-10)
    close(answer.base_value, single.base_value)


@pytest.mark.parametrize("depth", [3, 9])
def test_it_is_what_xgboost_says_itself(depth):
    estimator = xgb.XGBRegressor(n_estimators=8, max_depth=depth).fit(X, Y)
    theirs = estimator.get_booster().predict(xgb.DMatrix(X[:60]), pred_interactions=True)
    ours = explained(estimator, X[:60], "tree-interactions")
    np.testing.assert_allclose(ours.values, theirs[:, :-1, :-1], rtol=0, atol=1e-5)
    assert np.abs(theirs[:, 0, 1]).max() > 0.1


def test_over_a_background_it_is_the_enumeration_of_the_library_itself():
    estimator = xgb.XGBClassifier(n_estimators=4, max_depth=4).fit(X, np.digitize(Y, [-0.5, 0.5]))
    ours = explained(estimator, X[:4], "tree-interactions", 1, baseline=X[100:108])
    slow = explained(estimator, X[:4], "shapley-interactions", 1, baseline=X[100:108], index="k-sii").values
    np.testing.assert_allclose(ours.values, slow, rtol=0, atol=1e-5)
    assert np.abs(ours.values * (1 - np.eye(5))).max() > 0.01


def test_an_additive_ensemble_has_none():
    estimator = xgb.XGBRegressor(n_estimators=30, max_depth=1).fit(X, Y)
    values = explained(estimator, X[:20], "tree-interactions").values
    single = explained(estimator, X[:20], "tree-shap").values
    close(values, single[:, :, None] * np.eye(5))
    assert np.abs(single).max() > 0.3


def test_what_comes_out():
    answer = explained(xgb.XGBRegressor(n_estimators=3).fit(X, Y), X[:6], "tree-interactions")
    assert answer.kind == "interaction"
    assert answer.axes["values"] == ("batch", "player", "player")
    assert answer.values.shape == answer.arrays["standard_error"].shape == (6, 5, 5)
    assert (answer.arrays["standard_error"] == 0).all()
    close(answer.values, answer.values.swapaxes(1, 2), rtol=0, atol=0)
