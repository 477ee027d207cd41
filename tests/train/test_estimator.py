"""Recipes in the hands of scikit-learn: searched, cloned, scored; the same networks as everywhere else."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lessons import blobs, numbers
from vitrail.errors import BadInput, BadSetting
from vitrail.train.data import Data, split
from vitrail.train.estimator import estimator, made
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.teach import teach

SMALL = {"hidden": (8,), "epochs": 4, "batch": 16}


def test_a_grid_search_takes_the_sensible_rate():
    data = blobs()
    search = GridSearchCV(estimator("mlp-classifier", **SMALL), {"rate": [1e-7, 0.03]}, cv=2)
    search.fit(data.x, np.array(["ant", "bee", "cat"])[data.y])
    assert search.best_params_ == {"rate": 0.03}
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] > 0.9 > 0.7 > scores[0]
    assert list(search.best_estimator_.classes_) == ["ant", "bee", "cat"]
    assert set(search.predict(data.x)) == {"ant", "bee", "cat"}


def test_the_network_is_the_one_that_the_recipe_makes(tmp_path):
    data = blobs(apart=1.5)
    rows = split(len(data.y), data.y, {"validation": 0.25}, 0)
    given = Data(data.x, data.y, "multiclass", {**rows, "test": rows["validation"]}, data.classes)
    network, state = teach(MLPClassifier(rate=0.03, **SMALL), given, tmp_path)
    ours = estimator("mlp-classifier", rate=0.03, validation=0.25, **SMALL).fit(data.x, data.y)
    np.testing.assert_array_equal(ours.predict_proba(data.x), network.predict(data.x.astype(np.float32), verbose=0))
    assert ours.history_ == state.history
    assert ours.n_features_in_ == 4


def test_probabilities_of_two_classes_are_of_both():
    data = blobs(2)
    ours = estimator("mlp-classifier", rate=0.03, **SMALL).fit(data.x, data.y + 5)
    chances = ours.predict_proba(data.x)
    assert chances.shape == (120, 2)
    np.testing.assert_allclose(chances.sum(1), 1)
    np.testing.assert_array_equal(ours.predict(data.x), 5 + (chances[:, 1] > 0.5))
    assert ours.score(data.x, data.y + 5) == (ours.predict(data.x) == data.y + 5).mean() > 0.9


def test_numbers_come_back_in_the_shape_they_had():
    data = numbers()
    ours = estimator("mlp-regressor", rate=0.03, hidden=(8,), epochs=8, batch=16)
    assert ours.fit(data.x, data.y).predict(data.x).shape == (120,)
    assert ours.score(data.x, data.y) > 0.5
    two = np.stack([data.y, -data.y], 1)
    assert ours.fit(data.x, two).predict(data.x).shape == (120, 2)
    assert is_regressor(ours)
    assert not is_classifier(ours)


def test_every_setting_is_a_parameter_and_a_clone_has_the_same():
    ours = estimator("mlp-classifier", hidden=[8], dropout=0.25)
    given = ours.get_params()
    assert given["hidden"] == [8]
    assert given["rate"] == MLPClassifier().rate
    assert set(vars(MLPClassifier())) <= set(given)
    assert clone(ours).get_params() == given
    other = clone(ours).set_params(rate=0.5, validation=0.3)
    assert (other.get_params()["rate"], other.validation) == (0.5, 0.3)
    assert ours.get_params() == given
    assert repr(ours) == "Classifier('mlp-classifier', hidden=[8], dropout=0.25)"
    again = pickle.loads(pickle.dumps(ours))
    assert type(again) is type(ours) is made()["classification"]
    assert again.get_params() == given


def test_in_a_pipeline_and_cross_validated():
    data = blobs()
    whole = make_pipeline(StandardScaler(), estimator("mlp-classifier", rate=0.03, **SMALL))
    assert cross_val_score(whole, data.x * 1e3, data.y, cv=2).min() > 0.8


def test_a_recipe_for_both_does_what_is_asked():
    assert is_classifier(estimator("wide-and-deep"))
    assert is_regressor(estimator("wide-and-deep", "regression"))
    assert is_regressor(estimator("mlp-regressor"))


def test_mistakes_are_refused():
    with pytest.raises(BadSetting, match="mlp-classifier does no 'regression'"):
        estimator("mlp-classifier", "regression")
    with pytest.raises(BadSetting, match="no setting 'kernel'"):
        estimator("mlp-classifier", kernel=3)
    with pytest.raises(BadSetting, match="no setting 'kernel'"):
        estimator("mlp-classifier").set_params(kernel=3)
    with pytest.raises(BadSetting, match="no recipe named"):
        estimator("mlp")
    data = blobs()
    with pytest.raises(BadInput, match="y holds 1 class"):
        estimator("mlp-classifier").fit(data.x, np.zeros(120))
    with pytest.raises(BadInput, match="x holds 100 examples, and y 120"):
        estimator("mlp-classifier").fit(data.x[:100], data.y)
    with pytest.raises(NotFittedError):
        estimator("mlp-classifier").predict(data.x)
