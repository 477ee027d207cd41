"""Tables and deep leaves against the games that they stand for, played coalition by coalition."""

import numpy as np
import pytest
import torch

from known import by_branches, by_orders, looked_up, pair_indices, random_trees, rows_for
from vitrail.games import tree_tables, tree_units
from vitrail.games.tree_tables import shares_of
from vitrail.games.tree_units import units_of

#: columns, depth, trees, categories; the last with more columns on a path than a table holds, once BITS is small
SHAPES = [(3, 3, 3, 0), (5, 5, 2, 0), (5, 4, 3, 3), (6, 6, 1, 1)]


@pytest.fixture(params=[8, 3, 2])
def bits(request, monkeypatch):
    """Tables of several sizes; with few bits most leaves are deep."""
    monkeypatch.setattr(tree_units, "BITS", request.param)
    monkeypatch.setattr(tree_tables, "BITS", request.param)
    return request.param


def laid(shares, ranks, columns):
    """(columns, rows), or (columns, columns, rows): everybody's share, 0 for those who are never asked about."""
    values = shares(ranks)
    found = np.zeros([columns] * shares.columns.shape[1] + [ranks.shape[1]])
    found[tuple(shares.columns.T)] = values
    return torch.tensor(found)


def marginal(trees, row, background, output):
    """What the trees say on average when absent columns are taken from the background."""

    def game(coalitions):
        mixed = [np.where(there, row, background) for there in coalitions.numpy()]
        return torch.tensor([trees(rows)[:, output].mean() for rows in mixed])

    return game


@pytest.mark.parametrize("shape", SHAPES)
def test_by_covers_they_are_those_of_all_orders(shape, bits):
    columns, depth, count, categories = shape
    trees = random_trees(columns, depth, count, outputs=2, categories=categories, seed=depth)
    x = rows_for(trees, 3, categories=categories)
    shares = shares_of(trees, units_of(trees), 1, None, False)
    found = laid(shares, trees.ranked(x), columns)
    for k, row in enumerate(x):
        game = looked_up(by_branches(trees, row, 1), columns)
        torch.testing.assert_close(found[:, k], by_orders(game, columns)[0])
        torch.testing.assert_close(shares.empty, float(game(torch.zeros(1, columns, dtype=torch.bool))))
    assert found.abs().max() > 0.1


@pytest.mark.parametrize("shape", SHAPES)
def test_over_a_background_they_are_those_of_all_orders(shape, bits):
    columns, depth, count, categories = shape
    trees = random_trees(columns, depth, count, outputs=2, categories=categories, seed=depth)
    x, background = rows_for(trees, 3, categories=categories), rows_for(trees, 7, categories=categories, seed=1)
    shares = shares_of(trees, units_of(trees), 0, background, False)
    found = laid(shares, trees.ranked(x), columns)
    for k, row in enumerate(x):
        torch.testing.assert_close(
            found[:, k], by_orders(looked_up(marginal(trees, row, background, 0), columns), columns)[0]
        )
    torch.testing.assert_close(shares.empty, float(trees(background)[:, 0].mean()))
    assert found.abs().max() > 0.1


@pytest.mark.parametrize("rows", [None, 5])
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_interactions_are_those_of_all_coalitions(shape, rows, bits):
    columns, depth, count, categories = shape
    trees = random_trees(columns, depth, count, categories=categories, seed=depth)
    x = rows_for(trees, 2, categories=categories)
    background = None if rows is None else rows_for(trees, rows, categories=categories, seed=1)
    found = laid(shares_of(trees, units_of(trees), 0, background, True), trees.ranked(x), columns)
    for k, row in enumerate(x):
        game = by_branches(trees, row) if background is None else marginal(trees, row, background, 0)
        expected = pair_indices(looked_up(game, columns), columns)
        torch.testing.assert_close(found[..., k], expected.triu())
    assert found.abs().max() > 0.1


def test_a_column_that_comes_twice_on_a_path_is_one_player():
    trees = random_trees(2, 5, 2, seed=3)  # five questions about two columns
    x = rows_for(trees, 4)
    found = laid(shares_of(trees, units_of(trees), 0, None, False), trees.ranked(x), 2)
    for k, row in enumerate(x):
        torch.testing.assert_close(found[:, k], by_orders(by_branches(trees, row), 2)[0])


@pytest.mark.parametrize("rows", [None, 4])
def test_a_row_gets_the_same_bytes_among_any_others(rows, bits):
    trees = random_trees(6, 6, 4, categories=1)
    x = rows_for(trees, 50, categories=1)
    background = None if rows is None else rows_for(trees, rows, categories=1, seed=1)
    shares = shares_of(trees, units_of(trees), 0, background, False)
    together = shares(trees.ranked(x))
    for k in range(0, 50, 7):
        assert np.array_equal(shares(trees.ranked(x[k : k + 1]))[:, 0], together[:, k])


def test_trees_that_never_ask_share_nothing():
    trees = random_trees(2, 0, 3)
    for paired in (False, True):
        shares = shares_of(trees, units_of(trees), 0, None, paired)
        assert shares(trees.ranked(np.zeros((4, 2)))).shape == (0, 4)
        np.testing.assert_allclose(shares.empty, trees(np.zeros((1, 2)))[0, 0])
