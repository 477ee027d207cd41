import math
from dataclasses import replace

import numpy as np
import pytest

from vitrail.trust import Reading
from vitrail.trust.path import Path


def walked(clusters, predicted):
    clusters = np.array(clusters)
    nothing = np.zeros(len(clusters))
    return Reading({}, nothing, np.array(predicted), clusters, np.zeros(clusters.shape), nothing)


@pytest.fixture
def path():
    """Class 0: three went 0 -> 0, one went 1 -> 2. Class 1: one went 1 -> 1. Two clusters, then three."""
    found = Path.empty(2, [2, 3])
    found.add(walked([[0, 0], [0, 0], [1, 2]], [0, 0, 0]))
    found.add(walked([[0, 0], [1, 1]], [0, 1]))
    return found


def test_by_hand(path):
    # class 0: (3 + 1/2) / (4 + 1) are in cluster 0, and (3 + 1/3) / (3 + 1) of them go on to 0, (0 + 1/3) / 4 to 1
    usual, rare = path(walked([[0, 0], [0, 1]], [0, 0]))
    assert usual == pytest.approx(-math.log(0.7) - math.log(10 / 12))
    assert rare == pytest.approx(-math.log(0.7) - math.log(1 / 12))


def test_the_class_is_the_predicted_one(path):
    # class 1: (0 + 1/2) / (1 + 1) in cluster 0; nobody came from there, so all three steps are alike
    (found,) = path(walked([[0, 0]], [1]))
    assert found == pytest.approx(-math.log(0.25) - math.log(1 / 3))


def test_terms_add_up(path):
    some = walked([[0, 0], [1, 2], [1, 0]], [0, 1, 0])
    np.testing.assert_allclose(path.terms(some).sum(1), path(some))
    assert path.terms(some).shape == (3, 2)


def test_likelihoods_of_all_paths_add_up_to_one(path):
    every = [[a, b] for a in range(2) for b in range(3)]
    for label in (0, 1):
        assert np.exp(-path(walked(every, [label] * 6))).sum() == pytest.approx(1)


def test_a_class_that_nobody_was_put_in_finds_all_paths_alike():
    found = Path.empty(3, [2, 3])(walked([[0, 1], [1, 2]], [2, 2]))
    np.testing.assert_allclose(found, math.log(6))


def test_shares_and_steps_are_counts(path):
    some = walked([[0, 0], [1, 2], [0, 2]], [0, 0, 0])
    np.testing.assert_allclose(path.shares(some), [[0.75, 0.75], [0.25, 0.25], [0.75, 0.25]])
    np.testing.assert_allclose(path.steps(some), [[0.75, 1], [0.25, 1], [0.75, 0]])


def test_a_slow_count_gives_the_same(usual, clusters):
    some, new = usual(300, 0), usual(20, 1)
    path = Path.empty(3, clusters)
    path.add(some)
    for row, found in enumerate(path(new)):
        slow, before = 0.0, None
        for layer, count in enumerate(clusters):
            mine = some.predicted == new.predicted[row]
            if layer:
                mine &= some.clusters[:, layer - 1] == before
            here = mine & (some.clusters[:, layer] == new.clusters[row, layer])
            slow -= math.log((here.sum() + 1 / count) / (mine.sum() + 1))
            before = new.clusters[row, layer]
        assert found == pytest.approx(slow)


def test_one_layer_is_enough():
    path = Path.empty(1, [2])
    path.add(walked([[0], [0], [1]], [0, 0, 0]))
    np.testing.assert_allclose(path(walked([[1]], [0])), -math.log(1.5 / 4))
    np.testing.assert_allclose(replace(path).shares(walked([[1]], [0])), [[1 / 3]])
