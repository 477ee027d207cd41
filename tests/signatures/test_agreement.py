import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from vitrail.signatures.agreement import added, counted, entropy, information, purity


def slow_purity(cluster, group):
    right = 0
    for k in set(cluster):
        inside = [g for c, g in zip(cluster, group, strict=True) if c == k]
        right += max(inside.count(g) for g in set(inside))
    return right / len(cluster)


def slow_information(cluster, group):
    n, total, shares = len(cluster), 0.0, []
    for k in set(cluster):
        for g in set(group):
            both = sum(c == k and h == g for c, h in zip(cluster, group, strict=True)) / n
            if both:
                total += both * np.log(both / (cluster.count(k) / n * group.count(g) / n))
    for some in (cluster, group):
        shares.append(-sum(some.count(v) / n * np.log(some.count(v) / n) for v in set(some)))
    return total / (sum(shares) / 2)


def test_the_example_of_the_book():
    # Manning et al., figure 16.4: three clusters with 5+1, 1+4+1 and 2+3 points of three classes
    table = np.array([[5, 1, 0], [1, 4, 1], [2, 0, 3]])
    assert purity(table) == 12 / 17
    assert information(table) == pytest.approx(0.36, abs=0.005)


def test_they_are_their_definitions():
    random = np.random.default_rng(0)
    cluster = random.integers(0, 5, 60)
    group = (cluster + random.integers(0, 3, 60)) % 4
    table = counted(cluster, group, 6)
    assert table.shape == (5, 6)
    assert purity(table) == slow_purity(cluster.tolist(), group.tolist())
    assert 0.05 < information(table) < 0.95
    assert information(table) == pytest.approx(slow_information(cluster.tolist(), group.tolist()), rel=1e-12)
    assert information(table) == pytest.approx(normalized_mutual_info_score(group, cluster), rel=1e-12)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[4, 0], [0, 4]], (1.0, 1.0)),
        ([[0, 9], [1, 0]], (1.0, 1.0)),
        ([[2, 2], [2, 2]], (0.5, 0.0)),
        ([[3, 1]], (0.75, 0.0)),
        ([[5, 0]], (1.0, 0.0)),
    ],
    ids=str,
)
def test_by_hand(table, expected):
    assert (purity(np.array(table)), information(np.array(table))) == pytest.approx(expected, abs=1e-12)


def test_tables_of_batches_add_up():
    cluster, group = np.array([0, 3, 1, 0, 0]), np.array([1, 0, 2, 1, 2])
    whole = counted(cluster, group, 3)
    parts = added(counted(cluster[:2], group[:2], 3), counted(cluster[2:], group[2:], 3))
    np.testing.assert_array_equal(whole, [[0, 2, 1], [0, 0, 1], [0, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(parts, whole)
    np.testing.assert_array_equal(added(np.zeros((0, 3), int), whole), whole)


def test_entropy():
    assert entropy(np.array([0.25, 0.25, 0.5, 0.0])) == pytest.approx(1.5 * np.log(2))
