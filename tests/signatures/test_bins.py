import numpy as np
import pytest

from vitrail.errors import BadSetting
from vitrail.signatures.bins import Bins, bins_of, codes

VALUES = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 5.0], [10.0, 9.0]])


def test_edges_of_equal_width_by_hand():
    np.testing.assert_allclose(Bins(4).edges(VALUES), [[2.5, 5.0, 7.5], [3.0, 5.0, 7.0]])


def test_edges_at_quantiles_by_hand():
    np.testing.assert_allclose(Bins(2, "quantile").edges(VALUES), [[1.5], [3.0]])


def test_codes_count_the_edges_below():
    edges = Bins(4).edges(VALUES)
    slow = [
        [sum(value >= edge for edge in row) for value, row in zip(example, edges, strict=True)] for example in VALUES
    ]
    np.testing.assert_array_equal(codes(VALUES, edges), slow)
    assert codes(VALUES, edges).tolist() == [[0, 0], [0, 0], [0, 2], [3, 3]]


def test_codes_of_new_examples_use_the_old_edges_and_end_at_both_ends():
    edges = Bins(4).edges(VALUES)
    assert codes(np.array([[-99.0, 99.0]]), edges).tolist() == [[0, 3]]


def test_quantile_bins_hold_as_many_each():
    values = np.random.default_rng(0).normal(size=(800, 3)) ** 3
    found = codes(values, Bins(8, "quantile").edges(values))
    counts = np.stack([np.bincount(column, minlength=8) for column in found.T])
    np.testing.assert_array_equal(counts, 100)


def test_equal_width_bins_are_of_equal_width():
    values = np.random.default_rng(0).normal(size=(800, 3))
    edges = Bins(5).edges(values)
    widths = np.diff(np.column_stack([values.min(0), edges, values.max(0)]), axis=1)
    np.testing.assert_allclose(widths, widths.mean(1, keepdims=True) * np.ones((1, 5)))


def test_a_unit_that_never_changes_has_one_code():
    values = np.ones((5, 1))
    for by in ("width", "quantile"):
        assert len(np.unique(codes(values, Bins(4, by).edges(values)))) == 1


@pytest.mark.parametrize(
    ("value", "bins"),
    [
        (None, None),
        (8, Bins(8)),
        (np.int64(8), Bins(8)),
        ("8", Bins(8)),
        ("16:quantile", Bins(16, "quantile")),
        ({"count": 4, "by": "quantile"}, Bins(4, "quantile")),
        (Bins(3), Bins(3)),
    ],
)
def test_bins_out_of_settings(value, bins):
    assert bins_of(value) == bins


@pytest.mark.parametrize(
    "value", [0, 1, 257, True, 2.5, "x", "8:depth", ":quantile", {"by": "width"}, {"count": 8, "of": 1}, [8]]
)
def test_what_is_no_bins_is_refused(value):
    with pytest.raises(BadSetting, match="expected|bins must be"):
        bins_of(value)
