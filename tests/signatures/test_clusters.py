import numpy as np
import pytest

from blobs import blobs
from vitrail.errors import BadInput, BadSetting
from vitrail.signatures import clusters
from vitrail.signatures.clusters import assigned, by_gap, by_silhouette, centroids, counts_of, found, in_order


def rounded(means):
    return np.array(sorted(means.round(3).tolist()))


def test_two_pairs_have_their_middles():
    values = np.array([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]], np.float32)
    np.testing.assert_allclose(rounded(centroids(values, 2, 0, "a")), [[0, 1], [10, 1]])


def test_no_move_of_one_example_costs_less():
    values, _ = blobs(60, 4)
    means = centroids(values.astype(np.float32), 4, 0, "a")
    own, _ = assigned(values, means)
    for cluster in range(4):
        np.testing.assert_allclose(means[cluster], values[own == cluster].mean(0), atol=1e-5)


def test_a_sample_to_begin_with_finds_the_same(monkeypatch):
    values = blobs(400, 4)[0].astype(np.float32)
    whole = centroids(values, 3, 0, "a")
    monkeypatch.setattr(clusters, "SAMPLE", 60)
    np.testing.assert_allclose(rounded(centroids(values, 3, 0, "a")), rounded(whole), atol=1e-3)


def test_the_best_of_several_beginnings(monkeypatch):
    values = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    costs = []
    for starts in (1, 4):
        monkeypatch.setattr(clusters, "STARTS", starts)
        costs.append([clusters.fitted(values, 12, seed).inertia_ for seed in range(12)])
    assert np.max(costs[1]) < np.max(costs[0])


def test_assignment_by_loops():
    rng = np.random.default_rng(0)
    values, means = rng.normal(size=(30, 5)).astype(np.float32), rng.normal(size=(4, 5)).astype(np.float32)
    own, distance = assigned(values, means)
    slow = np.array([[np.linalg.norm(v - m) for m in means] for v in values])
    np.testing.assert_array_equal(own, slow.argmin(1))
    np.testing.assert_allclose(distance, slow.min(1), rtol=1e-5)


def test_far_from_zero_small_differences_still_count():
    values = np.array([[10000.0, 0.25]], np.float32)
    own, distance = assigned(values, np.array([[10000.0, 0.0], [10000.0, 0.3]], np.float32))
    assert own[0] == 1
    np.testing.assert_allclose(distance, 0.05, rtol=1e-5)


def test_of_equals_the_first():
    assert assigned(np.zeros((1, 1), np.float32), np.array([[1.0], [-1.0]], np.float32))[0][0] == 0


def test_alone_as_among_others():
    rng = np.random.default_rng(0)
    values, means = rng.normal(size=(50, 37)).astype(np.float32), rng.normal(size=(6, 37)).astype(np.float32)
    whole = assigned(values, means)[1]
    alone = np.concatenate([assigned(values[i : i + 1], means)[1] for i in range(50)])
    np.testing.assert_array_equal(whole, alone)


def test_clusters_are_numbered_by_class_and_then_by_size():
    own = np.array([0, 0, 1, 2, 2, 2, 3])
    classes = np.array([1, 1, 0, 1, 1, 0, 0])
    # clusters 1 and 3 are of class 0, one example each; 2 (three) and 0 (two) of class 1
    assert in_order(own, classes, 4).tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize("how", [by_silhouette, by_gap])
@pytest.mark.parametrize("number", [2, 4])
def test_the_number_of_well_parted_clusters_is_found(how, number):
    values = blobs(150, 5, classes=number)[0].astype(np.float32)
    assert how(values, range(2, 9), 0) == number


def test_the_number_is_found_on_a_sample(monkeypatch):
    monkeypatch.setattr(clusters, "JUDGED", 80)
    assert found(blobs(500, 5)[0].astype(np.float32), "auto", 0) == 3


def test_two_different_examples_are_one_or_two_clusters():
    assert found(np.array([[0.0], [1.0]], np.float32), "auto", 0) == 1


def test_more_clusters_than_examples():
    with pytest.raises(BadInput, match="5 clusters were asked at layer 'a', and 4 examples"):
        centroids(blobs(4)[0].astype(np.float32), 5, 0, "a")


def test_more_clusters_than_different_examples():
    values = np.repeat(np.arange(3.0)[:, None], 5, 0).astype(np.float32)
    with pytest.raises(BadInput, match="says only 3 different things about 15 examples"):
        centroids(values, 4, 0, "a")


def test_a_constant_layer():
    with pytest.raises(BadInput, match="layer 'a' says the same of all 6 examples"):
        centroids(np.ones((6, 3), np.float32), 1, 0, "a")


@pytest.mark.parametrize(
    ("given", "counts"), [(3, [3, 3]), ([2, 4], [2, 4]), ("auto", ["auto", "auto"]), ([3, "gap"], [3, "gap"])]
)
def test_counts(given, counts):
    assert counts_of(given, 2) == counts


@pytest.mark.parametrize("given", [0, -1, True, "some", [3], [3, 0], 2.0, [1, 2, 3], None])
def test_strange_counts(given):
    with pytest.raises(BadSetting, match="does not fit 2 layers"):
        counts_of(given, 2)
