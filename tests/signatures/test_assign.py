import numpy as np
import pytest

import vitrail
from blobs import blobs, layered
from vitrail.errors import BadInput


def test_assignment_of_the_training_data_reproduces_the_fit(fitted):
    x, labels = blobs(400)
    answer = fitted.assign(x, labels)
    np.testing.assert_array_equal(answer.values, fitted.values)
    np.testing.assert_array_equal(answer.arrays["distance"], fitted.arrays["distance"])
    np.testing.assert_array_equal(answer.arrays["predicted"], fitted.arrays["predicted"])
    np.testing.assert_array_equal(answer.outputs, fitted.outputs)


def test_one_by_one_is_all_at_once(fitted):
    x, _ = blobs(12, seed=4)
    whole = fitted.assign(x)
    alone = [fitted.assign(x[i : i + 1]) for i in range(12)]
    np.testing.assert_array_equal(whole.values, np.concatenate([each.values for each in alone]))


def test_the_nearest_centroid_by_the_definition(fitted, layered_model):
    x, _ = blobs(40, seed=7)
    answer = fitted.assign(x)
    kept = layered_model.trace(x, keep=fitted.labels["layer"]).layers
    for i, name in enumerate(fitted.labels["layer"]):
        values = kept[name].float().half().double().numpy()
        gaps = np.array(
            [[np.sqrt(((row - mean) ** 2).sum()) for mean in fitted.arrays[f"centroid/{name}"]] for row in values]
        )
        np.testing.assert_array_equal(answer.values[:, i], gaps.argmin(1))
        np.testing.assert_allclose(answer.arrays["distance"][:, i], gaps.min(1), rtol=1e-5, atol=1e-6)


def test_saved_and_loaded_is_the_same(fitted, layered_model, tmp_path):
    x, _ = blobs(30, seed=5)
    path = fitted.save(tmp_path / "paths")
    loaded = vitrail.load(path, model=layered_model)
    np.testing.assert_array_equal(loaded.assign(x).values, fitted.assign(x).values)
    np.testing.assert_array_equal(vitrail.load(path).assign(x, model=layered_model).values, fitted.assign(x).values)
    np.testing.assert_allclose(loaded.trust(x).values, fitted.trust(x).values)


def test_bins_are_used_again(layered_model):
    x, labels = blobs(200)
    for bins in (6, "5:quantile"):
        answer = vitrail.signatures(layered_model, x, labels, clusters=3, bins=bins)
        np.testing.assert_array_equal(answer.assign(x).values, answer.values)


def test_classes_that_the_network_never_saw(fitted):
    x, _ = blobs(10, seed=6)
    answer = fitted.assign(x, np.full(10, 4))
    assert answer.labels["class"] == ["ant", "bee", "cat", "3", "4"]
    assert answer.checks["accuracy"] == 0.0
    assert answer.values.shape == (10, 2)


def test_another_network_is_refused(fitted, tmp_path):
    x, _ = blobs(10)
    other = vitrail.open(layered(seed=1))
    path = fitted.save(tmp_path / "paths")
    with pytest.raises(BadInput, match="about another network"):
        fitted.assign(x, model=other)
    with pytest.raises(BadInput, match="about another network"):
        vitrail.load(path, model=other)
    with pytest.raises(BadInput, match="about another network"):
        fitted.trust(x, model=other)


def test_without_a_network_nothing_can_be_assigned(fitted, tmp_path):
    loaded = vitrail.load(fitted.save(tmp_path / "paths"))
    with pytest.raises(BadInput, match="holds no network"):
        loaded.assign(blobs(10)[0])


def test_what_was_assigned_assigns_nothing(fitted):
    answer = fitted.assign(blobs(10)[0])
    with pytest.raises(BadInput, match="were assigned by others"):
        answer.assign(blobs(10)[0])


def test_labels_of_another_length(fitted):
    with pytest.raises(BadInput, match="labels have shape"):
        fitted.assign(blobs(10)[0], [1, 2])


def test_other_kinds_have_no_signatures(layered_model):
    answer = vitrail.explain(layered_model, blobs(3)[0], "gradient")
    for ask in (answer.assign, answer.trust):
        with pytest.raises(BadInput, match="kind 'attribution' has no"):
            ask(blobs(3)[0])
    with pytest.raises(BadInput, match="has no flow"):
        answer.flow()


# -- trust ---------------------------------------------------------------------------------------------------


def test_trust_tells_strangers_from_examples(fitted):
    usual, strange = blobs(100, seed=8)[0], np.random.default_rng(0).normal(0, 6, (100, 6))
    assert np.median(fitted.trust(usual).values) > 0.2
    odd = fitted.trust(strange)
    assert np.median(odd.values) < 0.05
    assert any("at layer 1 " in text or "At layer 1 " in text for text in odd.labels["unusual"])


def test_trust_gives_every_score(fitted):
    answer = fitted.trust(blobs(20, seed=9)[0])
    names = {name.split("/")[1] for name in answer.arrays if name.startswith("p/")}
    assert {"path", "distance", "msp", "energy", "mahalanobis", "knn", "vim", "react"} <= names
    assert answer.kind == "score"
    assert answer.values.shape == (20,)
    assert ((answer.values > 0) & (answer.values <= 1)).all()
    assert len(answer.labels["unusual"]) == 20


def test_trust_is_the_same_alone_and_among_others(fitted):
    x, _ = blobs(8, seed=10)
    whole = fitted.trust(x)
    np.testing.assert_allclose(whole.values, [fitted.trust(x[i : i + 1]).values[0] for i in range(8)])


def test_without_held_out_examples_there_is_no_trust(layered_model):
    x, labels = blobs(60)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, held_out=0.0)
    with pytest.raises(BadInput, match="know nothing of trust: 0 examples are there for validation"):
        answer.trust(x)


def test_examples_for_calibration_can_be_given(layered_model):
    x, labels = blobs(60)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, calibration=blobs(200, seed=3)[0])
    assert answer.checks["calibration"] == 100
    assert answer.trust(x).checks["calibrated_on"] == "given"
    assert answer.checks["fitted"] == 60
