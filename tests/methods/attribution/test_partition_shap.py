"""Partition SHAP of networks: Owen values by orders, hierarchies by name and of one's own."""

import itertools

import numpy as np
import pytest
import torch

import vitrail
from known import Flattened, explained, linear, normal, seeded, smooth, values

close = torch.testing.assert_close
GROUPS = [[(0, 1), (2, 3)], [(0, 1), (3, 2)], [(1, 0), (2, 3)], [(1, 0), (3, 2)]]


def by_orders_of_pairs(net, x, index):
    """Four columns in two pairs: all eight orders that keep the pairs together, from a baseline of zeros."""
    orders = [a + b for one in GROUPS for a, b in itertools.permutations(one)]
    shares = torch.zeros(4, dtype=x.dtype)
    for order in orders:
        there = torch.zeros(4, dtype=x.dtype)
        for who in order:
            before = net((there * x)[None])[0, index]
            there[who] = 1
            shares[who] += (net((there * x)[None])[0, index] - before).detach() / len(orders)
    return shares


def test_columns_in_halves_by_orders():
    net, x = smooth(4), normal(3, 4, seed=1)
    answer = explained(net, x, "partition-shap", 1)
    for i in range(3):
        close(torch.as_tensor(answer.values[i]), by_orders_of_pairs(net, x[i], 1))
    assert answer.arrays["hierarchy"].tolist() == [[[0, 1], [2, 3], [4, 5]]] * 3
    assert answer.axes["hierarchy"] == ("batch", "step", "player")
    assert answer.checks["standard_error"].max() == 0


def test_a_hierarchy_of_ones_own_and_its_file_form():
    net, x = smooth(4), normal(3, 4, seed=1)
    own = [[0, 2], [1, 3], [4, 5]]
    answer = explained(net, x, "partition-shap", 1, hierarchy=own)
    turned = smooth(4)
    turned[0].weight.data = net[0].weight.data[:, [0, 2, 1, 3]]
    close(torch.as_tensor(answer.values)[:, [0, 2, 1, 3]], values(turned, x[:, [0, 2, 1, 3]], "partition-shap", 1))
    assert answer.provenance["settings"]["hierarchy"] == own


def test_columns_that_go_together():
    background = normal(30, 4)
    background[:, 3], background[:, 2] = -background[:, 0], 2 * background[:, 1]
    answer = explained(smooth(4), normal(2, 4), "partition-shap", 1, hierarchy="similar", baseline=background.numpy())
    assert {frozenset(pair) for pair in answer.arrays["hierarchy"][0][:2].tolist()} == {
        frozenset({0, 3}),
        frozenset({1, 2}),
    }


def test_pictures_by_likeness_each_with_its_own_hierarchy():
    net, x = seeded(Flattened(), 2), normal(3, 2, 6, 6, seed=12)
    settings = {"patch": 2, "hierarchy": "similar", "budget": 60}
    answer = explained(net, x, "partition-shap", 1, **settings)
    assert len({each.tobytes() for each in answer.arrays["hierarchy"]}) == 3
    assert answer.checks["completeness_gap"].max() < 1e-10
    for i in range(3):
        close(answer.values[i], explained(net, x[i : i + 1], "partition-shap", 1, **settings).values[0])


def test_a_linear_network_does_not_mind_the_hierarchy():
    x, w = normal(3, 7), normal(7, seed=1)
    for budget in (14, 500):
        close(values(linear(w, 2.0), x, "partition-shap", baseline=0.5, budget=budget), (x - 0.5) * w)


def test_a_single_column_gets_everything():
    x = normal(3, 1)
    for how in ("halves", np.zeros((0, 2), dtype=int)):
        close(values(linear(torch.full((1,), 2.0).double(), 5.0), x, "partition-shap", hierarchy=how), 2 * x)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hierarchy": "binary"}, "no hierarchy named 'binary'"),
        ({"hierarchy": [[0, 1]]}, "no hierarchy of 5 players"),
        ({"hierarchy": "similar"}, "has 1 references"),
        ({"budget": 9}, "At least 10 evaluations"),
    ],
)
def test_what_does_not_fit_is_refused(settings, words):
    with pytest.raises(vitrail.VitrailError, match=words):
        explained(smooth(), normal(2, 5), "partition-shap", **settings)
