import numpy as np
import pytest

import vitrail
from blobs import blobs
from vitrail.signatures import paths
from vitrail.signatures.bins import Bins
from vitrail.signatures.known import FIT
from vitrail.signatures.paths import Paths


def test_centroids_are_the_means_of_their_examples(fitted, layered_model):
    kept = layered_model.trace(blobs(400)[0], keep=("1", "3")).layers
    fit = fitted.arrays["role"] == FIT
    for i, name in enumerate(("1", "3")):
        values = kept[name].numpy()
        means = [values[fit & (fitted.values[:, i] == c)].mean(0) for c in range(3)]
        np.testing.assert_allclose(fitted.arrays[f"centroid/{name}"], means, atol=2e-3)


def test_a_sample_that_fits_memory_is_enough(layered_model, monkeypatch):
    x, labels = blobs(400)
    whole = vitrail.signatures(layered_model, x, labels, clusters=3)
    monkeypatch.setattr(paths, "BYTES", 4 * 8 * 60)
    some = vitrail.signatures(layered_model, x, labels, clusters=3)
    assert (whole.values == some.values).mean() > 0.98
    assert (whole.arrays["centroid/1"] != some.arrays["centroid/1"]).any()


def test_clusters_are_numbered_by_their_class(fitted):
    fit = fitted.arrays["role"] == FIT
    for layer in range(2):
        votes = [np.bincount(fitted.arrays["label"][fit & (fitted.values[:, layer] == c)]).argmax() for c in range(3)]
        assert votes == sorted(votes)


def test_codes_are_not_coded_again():
    values = np.array([[0.0], [1.0], [2.0]])
    held = Paths({"a": np.zeros((1, 1))}, {"a": Bins(2).edges(values)})
    once = held.coded("a", values)
    assert once.tolist() == [[0], [1], [1]]
    np.testing.assert_array_equal(held.coded("a", once), once)
    np.testing.assert_array_equal(held.coded("b", values), values)


def test_distances_of_two_layers_by_hand():
    held = Paths({"a": np.array([[0.0], [10.0]]), "b": np.array([[0.0, 0.0], [3.0, 4.0]])}, {})
    clusters, distance = held.of({"a": np.array([[9.0]]), "b": np.array([[0.0, 1.0]])})
    assert clusters.tolist() == [[1, 0]]
    np.testing.assert_allclose(distance, [[1.0, 1.0]])
    assert held.counts == [2, 2]


@pytest.mark.parametrize("by", ["width", "quantile"])
def test_edges_are_learnt_on_the_fit_alone(layered_model, by):
    x, labels = blobs(200)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, bins=Bins(4, by))
    fit = answer.arrays["role"] == FIT
    values = layered_model.trace(x, keep=("1",)).layers["1"].float().half().double().numpy()[fit]
    np.testing.assert_allclose(answer.arrays["edges/1"], Bins(4, by).edges(values), rtol=1e-6)
