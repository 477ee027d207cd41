import numpy as np
import pytest

from vitrail.signatures.sample import NUMBERS, Sample, fitting, hashed


def filled(cuts, order=None, size=20, seed=0, count=100):
    rows = np.arange(count) if order is None else order
    sample = Sample(["a", "b"], size, seed)
    for some in np.split(rows, cuts):
        sample.add(some, {"a": some[:, None] * 2.0, "b": np.stack([some, -some, some], 1)})
    return sample.taken()


def test_what_is_kept_belongs_together():
    rows, taken = filled([30, 31])
    assert len(set(rows)) == len(rows) == 20
    assert list(rows) == sorted(rows)
    np.testing.assert_array_equal(taken["a"], rows[:, None] * 2.0)
    np.testing.assert_array_equal(taken["b"], np.stack([rows, -rows, rows], 1))


@pytest.mark.parametrize("cuts", [[], [1], [50, 60, 99], range(5, 100, 5)])
def test_batches_and_their_order_do_not_matter(cuts):
    rows, _ = filled([])
    np.testing.assert_array_equal(filled(cuts)[0], rows)
    np.testing.assert_array_equal(filled(cuts, np.random.default_rng(1).permutation(100))[0], rows)


def test_another_seed_is_another_sample():
    rows = [set(filled([], seed=seed)[0]) for seed in (-1, 0, 1, 2**40)]
    assert all(len(one & other) < 15 for i, one in enumerate(rows) for other in rows[:i])


def test_few_examples_are_all_kept():
    np.testing.assert_array_equal(filled([3], size=2000)[0], np.arange(100))


def test_every_example_is_as_likely_as_any_other():
    taken = np.zeros(50)
    for seed in range(2000):
        taken[np.argsort(hashed(np.arange(50), seed))[:10]] += 1
    # each is binomial(2000, 0.2): mean 400, standard deviation 17.9; the largest of 50 stays within five of these
    assert np.abs(taken - 400).max() < 90
    together = np.zeros((3, 3))  # neighbours are not drawn together more often than others
    for seed in range(2000):
        drawn = np.isin([0, 1, 25], np.argsort(hashed(np.arange(50), seed))[:10])
        together += np.outer(drawn, drawn)
    expected = 2000 * 0.2 * 9 / 49  # 73, standard deviation 8.4
    assert np.abs(together[[0, 0, 1], [1, 2, 2]] - expected).max() < 42


def test_wide_layers_have_smaller_samples():
    assert fitting(10) == fitting(0) == 2000
    assert fitting(NUMBERS // 100) == 100
    assert fitting(NUMBERS * 3) == 2
