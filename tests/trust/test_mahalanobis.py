import numpy as np
import pytest
from scipy.stats import chi2, kstest, ortho_group

from vitrail.trust import mahalanobis
from vitrail.trust.mahalanobis import SHRINKAGE, Mahalanobis
from vitrail.trust.moments import Moments


def learnt(x, y, classes=3):
    moments = Moments(classes, x, 1)
    moments.add(x, y, np.zeros((len(x), 1)))
    return Mahalanobis.of(moments)


@pytest.fixture
def rows():
    chance = np.random.default_rng(0)
    y = chance.integers(3, size=400)
    mixing = chance.normal(size=(5, 5))
    return chance.normal(size=(400, 5)) @ mixing + 4 * chance.normal(size=(3, 5))[y], y


def test_by_its_definition(rows):
    x, y = rows
    means = [x[y == c].mean(0) for c in range(3)]
    spread = sum(np.outer(row - means[c], row - means[c]) for row, c in zip(x, y, strict=True)) / len(x)
    shrunk = (1 - SHRINKAGE) * spread + SHRINKAGE * np.trace(spread) / 5 * np.eye(5)
    inverse = np.linalg.inv(shrunk)
    slow = [min((row - m) @ inverse @ (row - m) for m in means) for row in x[:50]]
    np.testing.assert_allclose(learnt(x, y)(x[:50]), slow, rtol=1e-9)


def test_by_hand():
    # one class at 0 with variances 1 and 4: (3, 4) is 9 / 1 + 16 / 4 away
    x = np.array([[np.sqrt(2), 0], [-np.sqrt(2), 0], [0, np.sqrt(8)], [0, -np.sqrt(8)]])
    found = learnt(x, np.zeros(4, int), 1)(np.array([[3.0, 4.0], [0, 0]]))
    np.testing.assert_allclose(found, [13, 0], rtol=3e-3, atol=1e-12)  # the shrinkage moves it by 0.1 %


def test_of_a_gaussian_it_is_chi_squared(monkeypatch):
    monkeypatch.setattr(mahalanobis, "SHRINKAGE", 0.0)
    chance = np.random.default_rng(1)
    mixing = chance.normal(size=(4, 4))
    draw = lambda count: chance.normal(size=(count, 4)) @ mixing  # noqa: E731
    found = learnt(draw(50_000), np.zeros(50_000, int), 1)(draw(2000))
    assert kstest(found, chi2(4).cdf).pvalue > 1e-3


def test_a_rotation_changes_nothing(rows):
    x, y = rows
    turn = ortho_group.rvs(5, random_state=0)
    np.testing.assert_allclose(learnt(x @ turn, y)(x @ turn), learnt(x, y)(x), rtol=1e-8)


def test_classes_without_examples_attract_nobody():
    x = np.random.default_rng(2).normal(size=(100, 3)) + 10
    some = learnt(x, np.ones(100, int))
    assert some.means.shape == (1, 3)
    assert some(np.zeros((1, 3)))[0] > 100


def test_dead_and_repeated_units_are_borne():
    x = np.random.default_rng(3).normal(size=(100, 2))
    wide = np.column_stack([x, x[:, 0], np.zeros(100)])
    found = learnt(wide, np.zeros(100, int), 1)(wide)
    assert np.isfinite(found).all()
    assert found.mean() < 5


def test_a_layer_that_says_nothing_is_borne():
    assert np.isfinite(learnt(np.ones((50, 3)), np.zeros(50, int), 1)(np.array([[1.0, 1, 1], [1, 1, 2]]))).all()
