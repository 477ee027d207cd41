"""Trees by hand: where rows go, what is missing, how much of the data passes."""

import numpy as np
import pytest

from known import stump, two_deep
from vitrail.model.trees import Trees, joined, share_left

NAN = np.nan


def test_a_stump_sends_a_threshold_left_and_what_is_above_right():
    trees = stump(threshold=0.5, values=(1.0, 3.0), covers=(1, 3))
    x = np.array([[0.5], [np.nextafter(0.5, 1)], [-np.inf], [NAN]])
    np.testing.assert_array_equal(trees(x)[:, 0], [1, 3, 1, 3])
    np.testing.assert_array_equal(stump(0.5, (1.0, 3.0), (1, 3), missing_left=True)(x)[:, 0], [1, 3, 1, 1])
    np.testing.assert_array_equal(trees.expected, [(1 * 1 + 3 * 3) / 4])


def test_single_precision_rounds_x_first():
    above = np.nextafter(0.5, 1)
    assert stump(0.5, (1.0, 3.0), (1, 1))(np.array([[above]]))[0, 0] == 3
    assert stump(0.5, (1.0, 3.0), (1, 1), single=True)(np.array([[above]]))[0, 0] == 1


@pytest.mark.parametrize(("gap", "expected"), [(0, [1, 1, 3, 3]), (1, [1, 1, 1, 3]), (2, [3, 3, 3, 3])])
def test_what_is_missing_is_said_column_by_column(gap, expected):
    """0: NaN is missing, and goes right; 1: NaN is 0; 2: so is 0, and all that is nearly 0."""
    trees = stump(0.5, (1.0, 3.0), (1, 1), gaps=np.array([gap]))
    np.testing.assert_array_equal(trees(np.array([[0.0], [1e-36], [NAN], [1.0]]))[:, 0], expected)


def test_categories_go_where_their_set_says_and_unknown_ones_where_the_last_place_says():
    x = np.array([[0.0], [1], [2], [3], [99], [-1], [NAN]])
    for rest in (True, False):
        subset = np.array([True, False, True, rest])
        trees = stump(0.0, (1.0, 3.0), (1, 1), subsets={0: subset})
        np.testing.assert_array_equal(trees(x)[:, 0], [1, 3, 1, *([1] * 3 if rest else [3] * 3), 3])


def test_ranks_count_the_thresholds_below():
    trees = two_deep()
    assert [cuts.tolist() for cuts in trees.cuts] == [[0.0, 2.0], [1.0]]
    ranks = trees.ranked(np.array([[0.0, 1.0], [0.1, 1.5], [2.5, NAN]]))
    np.testing.assert_array_equal(ranks, [[0, 1, 2], [0, 1, np.iinfo(trees.kind).max]])


def test_covers_say_what_passes_each_node():
    trees = two_deep()  # column 0 at the root, then 1 on its left and 0 again on its right
    np.testing.assert_allclose(trees.reach[:3], [1, 0.5, 0.5])
    np.testing.assert_allclose(trees.expected, [(2 * 1 + 3 * 2 + 4 * 3 + 1 * 4) / 10])


def test_where_nothing_passed_both_sides_count_the_same():
    np.testing.assert_array_equal(share_left(np.array([0.0, 1, 3]), np.array([0.0, 0, 1])), [0.5, 1, 0.75])


def test_trees_add_up_in_the_output_that_each_belongs_to():
    one, other = stump(0.5, (1.0, 3.0), (1, 1)), two_deep()
    names = ("feature", "threshold", "left", "right", "missing_left", "cover")
    parts = [
        {name: getattr(each, name) for name in names} | {"value": each.value[:, 0], "subsets": {}}
        for each in (one, other)
    ]
    both = Trees(**joined(parts, [1, 0], 2), features=2, single=False)
    x = np.random.default_rng(0).normal(size=(20, 2)) * 2
    np.testing.assert_array_equal(both(x), np.concatenate([other(x), one(x[:, :1])], 1))


def test_many_thresholds_take_more_bits():
    count = 70_000
    few, many = stump(0.5, (1.0, 3.0), (1, 1)), 3 * np.arange(count)
    assert few.kind == np.uint16
    feature, left = np.tile([0, -1, -1], count), np.zeros(3 * count, dtype=np.int64)
    left[many] = many + 1
    right = np.where(left > 0, left + 1, 0)
    threshold, value = np.zeros(3 * count), np.tile([0.0, 1.0, 0.0], count)[:, None]
    threshold[many] = np.arange(count)
    trees = Trees(
        feature, threshold, left, right, np.zeros(3 * count, dtype=bool), np.ones(3 * count), value, many, 1, False
    )
    assert trees.kind == np.uint32
    np.testing.assert_array_equal(trees.ranked(np.array([[count - 0.5]])), [[count]])
