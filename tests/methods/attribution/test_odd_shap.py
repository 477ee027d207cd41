"""OddSHAP of networks: its estimator is proved beside it; here it meets models."""

import pytest
import torch

import vitrail
from known import by_orders, explained, normal, smooth
from vitrail.errors import BadSetting

close = torch.testing.assert_close


def test_with_the_budget_for_all_coalitions_it_is_exact():
    net, x, b = smooth(5), normal(2, 5), normal(3, 5, seed=4)
    got = explained(net, x, "odd-shap", 1, budget=32, baseline=b)
    for i in range(2):

        def game(coalitions, i=i):
            return torch.stack([net(torch.where(coalitions, x[i], each))[:, 1] for each in b]).mean(0)

        close(torch.tensor(got.values[i]), by_orders(game, 5)[0])
    assert got.checks["coalitions"] == 32
    assert got.checks["evaluations"] == 2 * (31 * 3 + 1)
    assert got.checks["standard_error"].tolist() == [0, 0]


def test_a_thousand_rows_are_each_what_they_are_alone():
    net, x = smooth(8), normal(40, 8)
    together = explained(net, x, "odd-shap", 1, budget=60)
    for i in (0, 17, 39):
        close(
            torch.tensor(explained(net, x[i : i + 1], "odd-shap", 1, budget=60).values[0]),
            torch.tensor(together.values[i]),
        )


def test_too_small_a_budget_is_refused_with_the_least():
    with pytest.raises(BadSetting, match="budget=3 is too small for 5 players. At least 4 evaluations"):
        vitrail.explain(vitrail.open(smooth(5)), normal(2, 5), "odd-shap", budget=3)
