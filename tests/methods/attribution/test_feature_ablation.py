"""Feature ablation by loops over players."""

import numpy as np
import pytest
import torch

import vitrail
from known import Flattened, explained, linear, maximum, normal, product, seeded, smooth, values

close = torch.testing.assert_close


def by_loops(net, index, x, labels, baselines):
    """labels like one example: what the target loses without each player, on every element of it."""
    score = lambda z: net(z)[:, index].detach()  # noqa: E731
    result, falls = torch.zeros_like(x), []
    for player in range(int(labels.max()) + 1):
        mask = (labels == player).expand(x.shape[1:])
        fall = torch.zeros(len(x), dtype=x.dtype)
        for b in baselines:
            fall += (score(x) - score(torch.where(mask, b.expand_as(x), x))) / len(baselines)
        falls.append(fall)
        result = torch.where(mask, fall.view(-1, *[1] * (x.ndim - 1)), result)
    return result, torch.stack(falls, 1)


def test_columns_of_a_linear_function_are_weight_times_the_step():
    x, w = normal(3, 5), normal(5, seed=1)
    answer = explained(linear(w, 2.0), x, "feature-ablation", baseline=0.5)
    close(torch.as_tensor(answer.values), (x - 0.5) * w)
    close(torch.as_tensor(answer.checks["completeness_gap"]), torch.zeros(3).to(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("patch", [1, 2, 4])
def test_patches_by_loops_with_several_baselines(patch):
    net, x, several = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12), normal(3, 2, 6, 6, seed=5)
    cells = torch.arange(6) // patch
    labels = cells[:, None] * (int(cells[-1]) + 1) + cells
    answer = explained(net, x, "feature-ablation", 1, patch=patch, baseline=several.numpy())
    expected, falls = by_loops(net, 1, x, labels, list(several))
    close(torch.as_tensor(answer.values), expected)
    close(torch.as_tensor(answer.arrays["player_values"]), falls)
    assert answer.axes["player_values"] == ("batch", "player")
    assert answer.checks["players"] == falls.shape[1]


def test_labels_of_ones_own():
    net, x, labels = smooth(), normal(4, 5), np.array([7, 3, 7, 3, 11])
    answer = explained(net, x, "feature-ablation", 1, players=labels, baseline=0.5)
    expected, falls = by_loops(net, 1, x, torch.tensor([1, 0, 1, 0, 2]), [torch.tensor(0.5)])
    close(torch.as_tensor(answer.values), expected)
    close(torch.as_tensor(answer.arrays["player_values"]), falls)


def test_the_gap_counts_every_player_once():
    # of a linear function falls add up over players; over elements player 0 would count three times
    x, w = normal(3, 5), normal(5, seed=1)
    answer = explained(linear(w), x, "feature-ablation", players=np.array([0, 0, 0, 1, 1]))
    close(torch.as_tensor(answer.checks["completeness_gap"]), torch.zeros(3).to(x), rtol=0, atol=1e-12)
    change = (x * w).sum(1)
    assert ((torch.as_tensor(answer.values).sum(1) - change).abs() > 0.1).all()


def test_either_factor_of_a_product_takes_all_of_it():
    x = normal(3, 2)
    close(values(product(), x, "feature-ablation"), x.prod(1, keepdim=True).expand(3, 2))


def test_a_maximum_falls_to_the_second():
    x = torch.tensor([[1.0, 3.0, 2.5]], dtype=torch.float64)
    close(values(maximum(), x, "feature-ablation"), torch.tensor([[0.0, 0.5, 0.0]]).to(x))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"players": "pixles"}, "no players named"),
        ({"players": "patches"}, "do not suit"),
        ({"players": np.array([0.5, 1, 2, 3, 4])}, "Whole numbers"),
        ({"players": np.array([0, 1])}, "labels"),
        ({"count": 0}, "FeatureAblation: count=0"),
        ({"player": "columns"}, "Did you mean 'players'"),
    ],
)
def test_what_does_not_fit_is_refused(settings, words):
    with pytest.raises(vitrail.VitrailError, match=f"(?i){words}"):
        explained(smooth(), normal(2, 5), "feature-ablation", **settings)
