"""Units: whatever a tree is cut into, a row's codes say in which columns it keeps to the path of every leaf."""

import numpy as np
import pytest

from known import random_trees, rows_for, two_deep
from vitrail.games import tree_units
from vitrail.games.tree_tables import coded
from vitrail.games.tree_units import units_of


def paths(trees):
    """leaf -> [(node, whether its path goes left there)], by walking."""
    found, waiting = {}, [(int(root), []) for root in trees.roots]
    while waiting:
        node, path = waiting.pop()
        if trees.feature[node] < 0:
            found[node] = path
        else:
            waiting += [
                (int(trees.left[node]), [*path, (node, True)]),
                (int(trees.right[node]), [*path, (node, False)]),
            ]
    return found


def goes_left(trees, node, row):
    value, subset = row[trees.feature[node]], trees.subsets.get(node)
    if np.isnan(value):
        return bool(trees.missing_left[node])
    return value <= trees.threshold[node] if subset is None else bool(subset[min(int(value), len(subset) - 1)])


@pytest.mark.parametrize(("columns", "depth", "categories"), [(3, 4, 0), (6, 5, 2), (12, 6, 3), (40, 10, 0)])
def test_codes_say_in_which_columns_a_row_keeps_to_a_path(columns, depth, categories):
    trees = random_trees(columns, depth, 3, categories=categories, seed=depth)
    x = rows_for(trees, 12, categories=categories)
    ranks, walked = trees.ranked(x), paths(trees)
    seen = []
    for bits, units in units_of(trees).items():
        answers = units.conditions.answers(ranks, 0, len(units.asked))
        codes = coded(answers) if bits <= tree_units.BITS else None
        for k, leaf in enumerate(units.node.tolist()):
            own = units.column[k, : units.count[k]].tolist()
            assert sorted(own) == sorted({int(trees.feature[node]) for node, _ in walked[leaf]})
            for j, column in enumerate(own):
                steps = [(node, left) for node, left in walked[leaf] if trees.feature[node] == column]
                expected = [all(goes_left(trees, node, row) == left for node, left in steps) for row in x]
                if codes is None:
                    np.testing.assert_array_equal(answers[units.unit[k], j], expected)
                else:
                    np.testing.assert_array_equal(codes[units.unit[k]] & units.care[k, j] == units.want[k, j], expected)
            seen.append(leaf)
    assert sorted(seen) == sorted(walked)


def test_shares_of_a_column_multiply_along_the_path():
    units = units_of(two_deep())[tree_units.BITS]
    shares = {int(node): units.cover[k, : units.count[k]].tolist() for k, node in enumerate(units.node)}
    assert shares == {3: [0.5, 0.4], 4: [0.5, 0.6], 5: [0.5 * 0.8], 6: [pytest.approx(0.5 * 0.2)]}


def test_few_conditions_make_one_unit_and_deep_paths_one_for_each_leaf():
    assert [len(units.asked) for units in units_of(random_trees(3, 3, 4)).values()] == [4]
    deep = units_of(random_trees(50, 10, 1))
    assert max(deep) > tree_units.BITS
    for bits, units in deep.items():
        assert bits == tree_units.BITS or len(units.node) == len(units.asked)


def test_a_leaf_alone_asks_nothing():
    trees = random_trees(2, 0, 3)
    (units,) = units_of(trees).values()
    assert units.count.tolist() == units.asked.tolist() == [0, 0, 0]
