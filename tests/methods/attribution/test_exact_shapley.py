"""Exact Shapley values of networks: by all orders, with columns put to the baseline one after the other."""

import numpy as np
import pytest
import torch

import vitrail
from known import by_orders, explained, linear, maximum, normal, product, smooth, values

close = torch.testing.assert_close


def played(net, x, baselines, index=1):
    """The game of one example, columns that are absent at each baseline in turn, as the definition says."""

    def game(coalitions):
        worth = [net(torch.where(coalitions, x, b))[:, index] for b in baselines]
        return torch.stack(worth).mean(0).detach()

    return game


@pytest.mark.parametrize("several", [1, 3])
def test_columns_by_all_orders(several):
    net, x, baselines = smooth(), normal(2, 5, seed=1), normal(several, 5, seed=2)
    answer = explained(net, x, "exact-shapley", 1, baseline=baselines.numpy())
    for i in range(2):
        game = played(net, x[i], list(baselines))
        close(torch.as_tensor(answer.values[i]), by_orders(game, 5)[0])
        close(float(answer.base_value[i]), float(game(torch.zeros(1, 5, dtype=torch.bool))[0]))
    assert answer.kind == "players"
    assert answer.checks["coalitions"] == 32
    assert np.abs(answer.checks["standard_error"]).max() == 0


def test_by_pencil():
    x, w = normal(3, 4), normal(4, seed=1)
    close(values(linear(w, 2.0), x, "exact-shapley", baseline=0.5), (x - 0.5) * w)
    pair = normal(3, 2)
    close(values(product(), pair, "exact-shapley"), pair.prod(1, keepdim=True).expand(3, 2) / 2)
    three = torch.tensor([[1.0, 3.0, 2.0]], dtype=torch.float64)
    close(values(maximum(), three, "exact-shapley"), torch.tensor([[1 / 3, 1 / 3 + 0.5 + 1, 1 / 3 + 0.5]]).to(three))


def test_players_of_ones_own_share_as_one():
    x, labels = normal(2, 5), np.array([0, 1, 0, 2, 1])
    answer = explained(smooth(), x, "exact-shapley", 1, players=labels)
    assert answer.values.shape == (2, 3)
    game = played(smooth(), x[0], [torch.zeros(5).double()])
    close(torch.as_tensor(answer.values[0]), by_orders(lambda c: game(c[:, torch.as_tensor(labels)]), 3)[0])


def test_too_many_players_are_refused():
    with pytest.raises(vitrail.VitrailError, match="40 players form 2.40 = 1099511627776 coalitions"):
        explained(smooth(40), normal(1, 40), "exact-shapley")


def test_there_is_no_budget_to_set():
    with pytest.raises(vitrail.VitrailError, match="has no setting 'budget'"):
        explained(smooth(), normal(1, 5), "exact-shapley", budget=10)
