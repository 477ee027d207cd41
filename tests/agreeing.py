"""Networks of one task, for tests of what they have in common."""

from functools import cache

import torch
from sklearn.datasets import load_digits
from torch import nn

import vitrail
from judging import noise, subject_of
from known import F64
from vitrail.metrics.subject import judged

GRADIENT = vitrail.METHODS["gradient"]()


def line(*weights):
    """A network of two classes: the first where weights . x is above 0. Its gradient is the weights, up to sign."""
    net = nn.Linear(len(weights), 2, bias=False).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([weights, [-w for w in weights]], dtype=F64))
    return vitrail.open(net)


def scored(metric, model, x, recipe=GRADIENT, target="predicted"):
    with subject_of(model, x, target) as subject:
        found = metric(subject, judged(subject, torch.zeros_like(subject.x), recipe))
    assert found.shape == (len(x),)
    assert found.dtype == F64
    return found


@cache
def digits():
    """Three small networks, each trained without another third of a few digits; digits that are new; their classes."""
    x, y = load_digits(return_X_y=True)
    x, y = torch.from_numpy(x / 16).reshape(-1, 1, 8, 8), torch.from_numpy(y)
    fold = torch.arange(600) % 3
    return [_trained(x[:600][fold != k], y[:600][fold != k], k) for k in range(3)], x[1500:1560], y[1500:1560]


def _trained(x, y, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)).double()
    adam = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(60):
        adam.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        adam.step()
    return vitrail.open(net)


def blind(model, x, target):
    """Shares that have nothing in common from network to network."""
    return noise(x, seed=int(1e6 * float(model.network.module[-1].weight.detach().abs().sum())))
