"""Relevance: equations 5 and 6 by slow loops, and what must follow from them."""

import pytest
import torch

from known import Glimpse, explained, followed, normal, seeded

close = torch.testing.assert_close
X = normal(2, 2, 8, 6, seed=13)


def slowly(maps, gradients):
    """R, number by number."""
    count, heads = maps[0].shape[-1], maps[0].shape[1]
    found = []
    for n in range(len(maps[0])):
        relevance = torch.eye(count, dtype=maps[0].dtype)
        for a, g in zip(maps, gradients, strict=True):
            mixed = torch.zeros_like(relevance)
            for i in range(count):
                for j in range(count):
                    positive = [max(float(g[n, h, i, j] * a[n, h, i, j]), 0.0) for h in range(heads)]
                    mixed[i, j] = sum(positive) / heads
            relevance = relevance + mixed @ relevance
        found.append(relevance)
    return torch.stack(found)


@pytest.mark.parametrize("read", [(0,), (2, 7), ()])
@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_it_is_the_rule_of_the_paper(read, way):
    net = seeded(Glimpse(depth=3, read=read, way=way), 3)
    maps, _, answers = followed(net, X)
    gradients = torch.autograd.grad(answers[-1][:, 2].sum(), maps)
    expected = slowly([m.detach() for m in maps], gradients)
    answer = explained(net, X, "attention-relevance", 2)
    close(torch.as_tensor(answer.arrays["token_matrix"]), expected)
    rows = (expected - torch.eye(13))[:, list(read) or slice(None)].mean(1)
    close(torch.as_tensor(answer.arrays["layer_map"]).flatten(1), rows[:, 1:])
    assert rows.std() > 1e-3


def test_each_class_has_its_own():
    net = seeded(Glimpse(), 3)
    one, other = (explained(net, X, "attention-relevance", target).values for target in (0, 2))
    assert abs(one - other).max() > 1e-3


def test_a_target_twice_as_steep_is_twice_as_relevant_in_one_layer():
    net = seeded(Glimpse(depth=1), 3)
    from vitrail import Output

    one, two = (explained(net, X, "attention-relevance", t).values for t in (Output(1), 2 * Output(1)))
    close(two, 2 * one)
    assert explained(net, X, "attention-relevance", 1).checks["gradients"] == 2
