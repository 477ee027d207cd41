import numpy as np
from scipy.stats import chisquare

from vitrail.trust.reservoir import Reservoir


def filled(values, size, batch, seed=0):
    kept = Reservoir(size, seed)
    for start in range(0, len(values), batch):
        kept.add({"value": values[start : start + batch], "twice": 2 * values[start : start + batch]})
    return kept


def test_fewer_rows_than_fit_are_all_kept_in_their_order():
    np.testing.assert_array_equal(filled(np.arange(10), 20, 3).rows["value"], np.arange(10))


def test_more_rows_are_a_sample_of_that_size_without_repeats():
    kept = filled(np.arange(1000), 50, 64).rows["value"]
    assert len(kept) == 50 == len(set(kept.tolist()))
    assert kept.min() >= 0
    assert kept.max() < 1000


def test_arrays_stay_together():
    kept = filled(np.arange(1000), 50, 64).rows
    np.testing.assert_array_equal(kept["twice"], 2 * kept["value"])


def test_batches_do_not_matter():
    one, many = filled(np.arange(1000), 50, 1000), filled(np.arange(1000), 50, 7)
    np.testing.assert_array_equal(one.rows["value"], many.rows["value"])


def test_another_seed_is_another_sample():
    assert set(filled(np.arange(1000), 50, 99, 0).rows["value"]) != set(
        filled(np.arange(1000), 50, 99, 1).rows["value"]
    )


def test_every_row_is_as_likely_as_any_other():
    counts = np.zeros(40)
    for seed in range(1500):
        counts[filled(np.arange(40), 10, 9, seed).rows["value"]] += 1
    # without replacement counts vary less than chisquare takes them to: p is too large, never too small
    assert chisquare(counts).pvalue > 1e-3
