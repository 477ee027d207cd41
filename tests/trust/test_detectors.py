from dataclasses import replace

import numpy as np
import pytest

from vitrail.trust.detectors import NEED_CLASSES, Detectors
from vitrail.trust.distance import Distance
from vitrail.trust.softmax import energy
from vitrail.trust.summary import summary_of


@pytest.fixture(scope="module")
def detectors(usual, batches, clusters):
    summary = summary_of(batches(usual(1000, 0)), 3, clusters, 0)
    return Detectors.of(summary, summary.head())


def test_every_score_has_its_place(detectors, usual):
    found = detectors(usual(20, 1))
    single = {"path", "distance", "msp", "energy", "mahalanobis", "knn", "vim", "react"}
    assert set(found) == single | {"layer/0", "layer/1"}
    assert {array.shape for array in found.values()} == {(20,)}


def test_scores_are_those_of_their_detectors(detectors, usual):
    reading = usual(20, 1)
    found = detectors(reading)
    np.testing.assert_array_equal(found["mahalanobis"], detectors.layers[1](reading.features))
    np.testing.assert_array_equal(found["layer/0"], detectors.layers[0](reading.activations["first"]))
    np.testing.assert_array_equal(found["energy"], energy(reading.logits.astype(np.float64)))
    np.testing.assert_array_equal(found["path"], detectors.path(reading))
    np.testing.assert_array_equal(found["distance"], Distance(detectors.distance.quantiles)(reading))
    np.testing.assert_array_equal(found["knn"], detectors.knn(reading.features))
    np.testing.assert_array_equal(found["vim"], detectors.vim(reading.features, reading.logits.astype(np.float64)))
    np.testing.assert_array_equal(found["react"], detectors.react(reading.features))


def test_state_comes_back_as_what_it_was(detectors, usual):
    kept = detectors.as_kept()
    back = Detectors.remade(kept.arrays(), kept.columns, 2)
    reading = usual(30, 2)
    for name, scores in back(reading).items():
        np.testing.assert_array_equal(scores, kept(reading)[name])
        np.testing.assert_allclose(scores, detectors(reading)[name], rtol=1e-4, atol=1e-4)  # float32


def test_large_state_is_kept_in_float32(detectors):
    arrays = detectors.arrays()
    assert {arrays[n].dtype for n in ("knn/bank", "layer/0/whitening", "vim/residual")} == {np.dtype(np.float32)}
    assert arrays["path/counts"].dtype == np.int64
    assert all(not isinstance(array, np.generic) for array in arrays.values())


def test_a_network_without_classes_has_fewer_scores(usual, batches, clusters):
    reading = usual(400, 0)
    number = replace(reading, logits=reading.logits[:, :1], predicted=reading.predicted * 0)
    summary = summary_of(batches(number), 4, clusters, 0)
    kept = Detectors.of(summary, summary.head()).as_kept()
    assert kept.columns == "none"
    found = kept(number)
    assert not set(NEED_CLASSES) & set(found)
    assert {"path", "distance", "mahalanobis", "knn"} <= set(found)


def test_one_logit_for_two_classes_is_as_two(usual, batches, clusters):
    """A head (-z / 2, z / 2) and a head z say the same, so all scores are the same."""
    reading = usual(600, 0)
    z = (reading.logits[:, 1] - reading.logits[:, 0])[:, None]
    said = (z[:, 0] > 0).astype(int)
    single = replace(reading, logits=z, predicted=said)
    double = replace(reading, logits=z * np.array([-0.5, 0.5], np.float32), predicted=said)
    found = []
    for each in (single, double):
        summary = summary_of(batches(each), 2, clusters, 0)
        found.append(Detectors.of(summary, summary.head())(each))
    assert found[0].keys() == found[1].keys()
    for name, scores in found[0].items():
        np.testing.assert_allclose(scores, found[1][name], rtol=1e-6, atol=1e-6)
