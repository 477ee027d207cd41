from itertools import product

import numpy as np
import pyarrow.parquet as pq
import pytest

from vitrail.errors import BadSetting
from vitrail.signatures.table import VIEWS, as_table, counted, links, narrowed, refuse_view


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    return rng.integers(-1, 3, 500), rng.integers(0, 3, (500, 2)), rng.integers(0, 3, 500)


def slow(label, clusters, predicted, view):
    """Counting by a dict."""
    first, last = VIEWS[view]
    found = {}
    for a, path, b in zip(label, clusters, predicted, strict=True):
        key = (int(a) if first else -1, *map(int, path), int(b) if last else -1)
        found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_counts_by_a_dict(columns, view):
    paths = counted(as_table(*columns), 2, view)
    assert {tuple(row[:-1].tolist()): int(row[-1]) for row in paths} == slow(*columns, view)
    assert paths[:, -1].sum() == 500


def test_parquet_and_memory_agree(columns, tmp_path):
    table = as_table(*columns)
    pq.write_table(table, tmp_path / "a 'quoted' name.parquet")
    np.testing.assert_array_equal(counted(tmp_path / "a 'quoted' name.parquet", 2), counted(table, 2))


def test_the_largest_come_first_and_equal_ones_in_order(columns):
    paths = counted(as_table(*columns), 2)
    keys = [(-row[-1], *row[:-1]) for row in paths.tolist()]
    assert keys == sorted(keys)


def test_only_what_is_chosen(columns):
    label, clusters, predicted = columns
    paths = counted(as_table(*columns), 2, "all", [("input", 1), ("c1", 2)])
    mine = (label == 1) & (clusters[:, 1] == 2)
    assert {tuple(r[:-1].tolist()): int(r[-1]) for r in paths} == slow(
        label[mine], clusters[mine], predicted[mine], "all"
    )


def test_nothing_chosen_is_nothing(columns):
    paths = counted(as_table(*columns), 2, "all", [("input", 17)])
    assert paths.shape == (0, 5)
    assert links(paths).shape == (0, 5)


def test_links_by_a_dict(columns):
    label, clusters, predicted = columns
    found = links(counted(as_table(*columns), 2))
    walk = np.column_stack([label, clusters, predicted])
    for column, a, b, k in product(range(3), range(-1, 3), range(-1, 3), range(-1, 3)):
        mine = int(((walk[:, column] == a) & (walk[:, column + 1] == b) & (label == k)).sum())
        row = found[(found[:, :4] == [column, a, b, k]).all(1)]
        assert (int(row[0, 4]) if len(row) else 0) == mine


def test_no_label_at_all_leaves_the_first_column_out():
    paths = counted(as_table(np.full(4, -1), np.array([[0], [0], [1], [1]]), np.array([0, 0, 0, 1])), 1)
    assert set(links(paths)[:, 0]) == {1}


def test_numbers_keep_their_worth_in_fewer_bits():
    assert narrowed(np.array([-1, 3])).dtype == np.int16
    wide = np.array([-1, 2**15])
    np.testing.assert_array_equal(narrowed(wide), wide)
    assert narrowed(wide).dtype == np.int32


def test_an_unknown_view():
    with pytest.raises(BadSetting, match="no view named 'up'. Views are: all, input, output, signature"):
        refuse_view("up")
