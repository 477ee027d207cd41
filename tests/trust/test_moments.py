import numpy as np
import pytest

from vitrail.trust.moments import Moments


@pytest.fixture
def rows():
    chance = np.random.default_rng(0)
    return chance.normal(size=(60, 5)) + 1e4, chance.integers(3, size=60), chance.normal(size=(60, 2))


def added(rows, classes, logits, count=4, batch=7):
    moments = Moments(count, rows[:batch], logits.shape[1])
    for start in range(0, len(rows), batch):
        moments.add(*(a[start : start + batch] for a in (rows, classes, logits)))
    return moments


def test_means_are_those_of_the_classes_that_were_seen(rows):
    x, y, _ = rows
    np.testing.assert_allclose(added(*rows).means(), [x[y == c].mean(0) for c in range(3)], rtol=1e-12)


def test_the_covariance_is_around_the_mean_of_each_class(rows):
    x, y, _ = rows
    away = np.stack([x[i] - x[y == y[i]].mean(0) for i in range(60)])
    slow = sum(np.outer(row, row) for row in away) / 60
    np.testing.assert_allclose(added(*rows).within(), slow, atol=1e-9)


def test_moments_around_a_point(rows):
    x, point = rows[0], np.arange(5) + 1e4
    slow = sum(np.outer(row - point, row - point) for row in x) / 60
    np.testing.assert_allclose(added(*rows).around(point), slow, rtol=1e-9)


def test_products_with_logits(rows):
    x, _, z = rows
    moments = added(*rows)
    slow = sum(np.outer(row - moments.origin, one) for row, one in zip(x, z, strict=True))
    np.testing.assert_allclose(moments.crossed, slow, atol=1e-9)
    np.testing.assert_allclose(moments.origin + moments.mean, x.mean(0), rtol=1e-12)
    assert moments.rows == 60


def test_a_large_mean_does_not_drown_the_spread():
    x = (np.random.default_rng(1).normal(size=(500, 2)) + 1e7).astype(np.float64)
    found = added(x, np.zeros(500, int), x, 1, 100)
    np.testing.assert_allclose(found.within(), np.cov(x.T, bias=True), rtol=1e-6)
