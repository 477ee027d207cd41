import numpy as np
import pytest

from vitrail.trust import Reading
from vitrail.trust.distance import Distance


def at(clusters, distances):
    clusters = np.array(clusters)
    nothing = np.zeros(len(clusters))
    return Reading({}, nothing, nothing, clusters, np.array(distances, float), nothing)


@pytest.fixture
def distance():
    """One layer: cluster 0 has distances 0, 1 ... 100; cluster 1 ten times as much."""
    clusters = np.repeat([0, 1], 101)[:, None]
    distances = np.concatenate([np.arange(101.0), 10 * np.arange(101.0)])[:, None]
    return Distance.of(clusters, distances, [2])


def test_by_hand(distance):
    # medians 50 and 500, 90 % quantiles 90 and 900
    np.testing.assert_allclose(distance(at([[0], [0], [1]], [[50], [130], [1300]])), [0, 2, 2])


def test_layers_are_averaged():
    clusters, distances = np.zeros((101, 2), int), np.stack([np.arange(101.0), 2 * np.arange(101.0)], 1)
    found = Distance.of(clusters, distances, [1, 1])
    some = at([[0, 0]], [[90, 260]])
    np.testing.assert_allclose(found.terms(some), [[1, 2]])
    np.testing.assert_allclose(found(some), [1.5])


def test_the_share_that_is_nearer(distance):
    found = distance.beyond(at([[0]] * 4, [[-1], [50.2], [99.9], [200]]))[:, 0]
    np.testing.assert_allclose(found, [0, 0.5, 0.995, 1], atol=1e-9)


def test_no_more_is_claimed_than_the_sample_shows():
    chance = np.random.default_rng(0)
    sample, new = chance.exponential(size=(400, 1)), chance.exponential(size=200)
    found = Distance.of(np.zeros((400, 1), int), sample, [1]).beyond(at(np.zeros((200, 1), int), new[:, None]))[:, 0]
    exact = np.array([(sample < d).mean() for d in new])
    assert np.all(found <= exact + 1 / 400)
    assert np.all(found >= exact - 0.005 - 1 / 400)


def test_a_cluster_of_few_takes_the_distances_of_its_layer():
    clusters = np.array([0] * 101 + [1] * 3)[:, None]
    distances = np.concatenate([np.arange(101.0), [5.0, 5.0, 5.0]])[:, None]
    found = Distance.of(clusters, distances, [2]).quantiles[0]
    np.testing.assert_allclose(found[1], np.quantile(distances[:, 0], np.linspace(0, 1, 201)))
    np.testing.assert_allclose(found[0], np.linspace(0, 100, 201))


def test_equal_distances_do_not_divide_by_zero():
    found = Distance.of(np.zeros((50, 1), int), np.full((50, 1), 3.0), [1])
    usual, other = found(at([[0], [0]], [[3.0], [4.0]]))
    assert usual == 0
    assert np.isfinite(other)
    assert other > 1000
