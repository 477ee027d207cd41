"""The verb: a recipe and data become a run that opens, explains and is evaluated."""

import numpy as np
import pytest

import vitrail
from lessons import blobs, numbers
from vitrail.errors import AlreadyExists, BadSetting
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.verb import recipe_of, train

SMALL = {"hidden": (8,), "epochs": 3, "rate": 0.02}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train("mlp-classifier", blobs(), folder=tmp_path_factory.mktemp("runs"), name="three", **SMALL)


def test_it_leaves_a_folder_that_says_what_was_done(run):
    about = run.about
    assert about["recipe"] == "mlp-classifier"
    assert about["settings"]["hidden"] == [8]
    assert about["data"]["digest"] == blobs().digest()
    assert about["data"]["examples"] == {"train": 72, "validation": 24, "test": 24}
    assert about["classes"] == ["a", "b", "c"]
    assert len(run.history) == 3
    assert sorted(path.name for path in run.folder.iterdir())[-2:] == ["model.keras", "run.json"]


def test_it_opens_by_its_folder_and_by_its_name(run, monkeypatch):
    x = blobs().part("test")[0]
    model = vitrail.open(run.folder)
    assert model.classes == ("a", "b", "c")
    monkeypatch.chdir(run.folder.parent.parent)
    (run.folder.parent.parent / "runs").symlink_to(run.folder.parent)
    np.testing.assert_array_equal(vitrail.open("three")(x), model(x))


def test_what_was_evaluated_is_what_the_opened_network_says(run):
    x, y = blobs().part("test")
    said = vitrail.open(run.folder)(x).argmax(1).numpy()
    assert run.evaluation.checks["accuracy"] == pytest.approx((said == y).mean())
    assert run.about["evaluation"]["accuracy"] == run.evaluation.checks["accuracy"]


def test_it_can_be_explained(run):
    answer = vitrail.explain(run.model, blobs().part("test")[0][:3], "integrated-gradients")
    assert answer.values.shape == (3, 4)
    assert (answer.checks["completeness_gap"] < 0.05).all()


def test_one_unit_says_one_of_two_names(tmp_path):
    data = blobs(2, apart=6.0)
    model = train("mlp-classifier", data, folder=tmp_path, **{**SMALL, "epochs": 10}).model
    x, y = data.part("test")
    answer = vitrail.explain(model, x, "integrated-gradients")
    said = [each["name"] for each in answer.provenance["prediction"]]
    assert said == ["ab"[int(i)] for i in y[:, 0]]
    assert min(each["probability"] for each in answer.provenance["prediction"]) >= 0.5
    assert set(answer.target["labels"]) == {"b"}
    by_name = vitrail.explain(model, x, "integrated-gradients", target="b")
    np.testing.assert_array_equal(by_name.values, answer.values)
    with pytest.raises(vitrail.VitrailError, match="its one unit says 'b' or not"):
        vitrail.explain(model, x, target="a")


def test_the_same_name_again_is_refused(run):
    with pytest.raises(AlreadyExists):
        train("mlp-classifier", blobs(), folder=run.folder.parent, name="three", **SMALL)


def test_the_random_numbers_of_the_user_are_left_alone(tmp_path):
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    train("mlp-classifier", blobs(), folder=tmp_path, **{**SMALL, "epochs": 1})
    assert np.random.random() == expected  # noqa: NPY002


def test_recipes_from_names_dicts_and_instances():
    assert recipe_of("mlp-classifier", {"epochs": 2}) == MLPClassifier(epochs=2)
    assert recipe_of({"recipe": "mlp-classifier", "epochs": 2}, {}) == MLPClassifier(epochs=2)
    assert recipe_of(MLPClassifier(epochs=2), {}) == MLPClassifier(epochs=2)


@pytest.mark.parametrize(
    ("recipe", "settings", "words"),
    [
        ("mlp-clasifier", {}, "no recipe named 'mlp-clasifier'. Did you mean 'mlp-classifier'"),
        ("mlp-classifier", {"epoch": 3}, "no setting 'epoch'. Did you mean 'epochs'"),
        ("mlp-classifier", {"epochs": 0}, "epochs=0"),
        ("mlp-classifier", {"optimizer": "rmsprop"}, "optimizer='rmsprop'"),
        (MLPClassifier(), {"epochs": 3}, "settings epochs were given beside MLPClassifier"),
        (MLPClassifier, {}, "is no recipe"),
    ],
)
def test_what_is_no_recipe_is_refused(recipe, settings, words):
    with pytest.raises(BadSetting, match=words):
        recipe_of(recipe, settings)


def test_a_task_that_a_recipe_does_not_learn_is_refused(tmp_path):
    with pytest.raises(BadSetting, match="does not learn regression tasks"):
        train("mlp-classifier", numbers(), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
