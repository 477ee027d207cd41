"""Sums over worths: for each game alone as beside others, to the byte."""

import pytest
import torch

from known import normal
from vitrail.games.linear import applied, joining

close = torch.testing.assert_close


def test_every_game_is_multiplied_by_the_matrix():
    matrix, worth = normal(40, 5), normal(40, 3, seed=1)
    close(applied(matrix, worth), torch.einsum("ns,ng->gs", matrix, worth))


@pytest.mark.parametrize("games", [2, 33, 300])
def test_a_game_gets_the_same_bytes_alone(games):
    matrix, worth = normal(101, 7), normal(101, games, seed=1)
    together = applied(matrix, worth)
    for i in (0, 1, games - 1):
        assert torch.equal(applied(matrix, worth[:, i : i + 1]), together[i : i + 1])


def test_in_random_order_somebody_comes_in_somewhere():
    """Over all coalitions of the others the chances add up to 1."""
    for players in (1, 2, 7):
        others = torch.tensor([torch.combinations(torch.arange(players - 1), k).shape[0] for k in range(players)])
        others[0] = 1
        close((joining(players) * others).sum(), torch.ones((), dtype=torch.float64))
