"""The game of one leaf against all orders and all coalitions."""

import numpy as np
import pytest
import torch

from known import by_orders, pair_indices
from vitrail.games.tree_kernel import between, interactions, pairs, shapley

RNG = np.random.default_rng(0)


def leaf_game(a, r):
    return lambda there: torch.where(there, torch.tensor(a).double(), torch.tensor(r)).prod(1)


def shares_in(columns):
    """Shares of one column each; none at the ends: where all, or nothing, of the data keeps to a path."""
    r = RNG.random(columns)
    r[RNG.random(columns) < 0.3] = RNG.integers(0, 2)
    return r


@pytest.mark.parametrize("columns", range(1, 7))
def test_shapley_values_are_those_of_all_orders(columns):
    for _ in range(6):
        a, r = RNG.random(columns) < 0.6, shares_in(columns)
        torch.testing.assert_close(torch.tensor(shapley(a, r))[None], by_orders(leaf_game(a, r), columns))


@pytest.mark.parametrize("columns", range(2, 7))
def test_interactions_are_those_of_all_coalitions(columns):
    for _ in range(6):
        a, r = RNG.random(columns) < 0.6, shares_in(columns)
        found, expected = interactions(a, r), pair_indices(leaf_game(a, r), columns)
        torch.testing.assert_close(torch.tensor(found), torch.stack([expected[i, j] for i, j in pairs(columns)]))


@pytest.mark.parametrize("columns", [12, 25, 60])
def test_values_of_long_paths_add_up(columns):
    """The integrand is a polynomial of a high degree: too few points would leave a gap."""
    a, r = np.ones(columns, dtype=bool), RNG.random(columns) * 0.3 + 0.7
    change = 1 - r.prod()
    np.testing.assert_allclose(shapley(a, r).sum(), change, rtol=1e-12)
    assert change > 0.1


def test_two_columns_by_pencil():
    # v = 1 at (1, 1), r_j for each absent: phi_0 = (1 - r_0) (1 + r_1) / 2, I = (1 - r_0) (1 - r_1)
    a, r = np.array([True, True]), np.array([0.25, 0.5])
    np.testing.assert_allclose(shapley(a, r), [0.75 * 1.5 / 2, 0.5 * 1.25 / 2])
    np.testing.assert_allclose(interactions(a, r), [0.75 * 0.5])


def test_rows_side_by_side_get_what_each_gets_alone():
    a, r = RNG.random((4, 5, 3)) < 0.5, RNG.random((4, 5, 1))
    together = shapley(a, r)
    for i in range(5):
        for k in range(3):
            np.testing.assert_array_equal(together[:, i, k], shapley(a[:, i, k], r[:, i, 0]))


@pytest.mark.parametrize("columns", [1, 2, 3, 6, 12])
def test_between_two_rows_it_is_the_same(columns):
    a = RNG.random((columns, 40)) < 0.5
    r = ~a | (RNG.random(a.shape) < 0.4)
    assert (a | r).all()
    np.testing.assert_allclose(between(a, r, False), shapley(a, r.astype(float)), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(between(a, r, True), interactions(a, r.astype(float)), rtol=1e-12, atol=1e-15)


def test_a_single_column_has_no_pairs():
    assert interactions(np.array([True]), np.array([0.5])).shape == (0,)
