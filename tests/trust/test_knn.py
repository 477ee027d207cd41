import numpy as np
import pytest

from vitrail.trust import knn
from vitrail.trust.knn import K, Knn


@pytest.fixture
def rows():
    chance = np.random.default_rng(0)
    return chance.normal(size=(60, 4)), chance.normal(size=(15, 4))


def test_by_its_definition(rows):
    bank, new = rows
    for row, found in zip(new, Knn.of(bank)(new), strict=True):
        away = sorted(np.linalg.norm(row / np.linalg.norm(row) - b / np.linalg.norm(b)) for b in bank)
        assert found == pytest.approx(away[K - 1], rel=1e-9)


def test_by_hand(monkeypatch):
    monkeypatch.setattr(knn, "K", 2)
    found = Knn.of(np.array([[2.0, 0], [0, 3], [-1, 0]]))(np.array([[5.0, 0]]))
    np.testing.assert_allclose(found, [np.sqrt(2)])


def test_length_does_not_matter(rows):
    bank, new = rows
    np.testing.assert_allclose(Knn.of(bank)(7 * new), Knn.of(bank)(new))


def test_a_small_bank_gives_its_farthest(rows):
    bank, new = rows
    away = np.linalg.norm(
        new[0] / np.linalg.norm(new[0]) - bank[:4] / np.linalg.norm(bank[:4], axis=1)[:, None], axis=1
    )
    np.testing.assert_allclose(Knn.of(bank[:4])(new[:1]), [away.max()])


def test_parts_do_not_matter(rows, monkeypatch):
    bank, new = rows
    whole = Knn.of(bank)(new)
    monkeypatch.setattr(knn, "AT_ONCE", 4)
    np.testing.assert_allclose(Knn.of(bank)(new), whole)
    assert len(Knn.of(bank)(new[:0])) == 0


def test_features_that_are_all_zero_are_borne(rows):
    assert np.isfinite(Knn.of(rows[0])(np.zeros((1, 4)))).all()
