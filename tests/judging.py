"""A subject to judge explanations about, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

import vitrail
from vitrail.inputs.baselines import baseline_of
from vitrail.inputs.fills import fill_of
from vitrail.inputs.players import players_of
from vitrail.metrics.subject import Subject
from vitrail.target import target_of


@contextmanager
def subject_of(net, x, target=0, players="auto", baseline=0.0, patch=None, count=50) -> Iterator[Subject]:
    """A network, examples, the class that is asked about, who plays, and what stands in for them."""
    model = net if isinstance(net, vitrail.Model) else vitrail.open(net)
    packed = model.pack(x)
    with model.asking(packed) as bound:
        question = target_of(target, model.classes, len(packed.x))
        who = players_of(players, packed.x, packed, patch, count)
        fill = fill_of("baseline", baseline_of(baseline, tuple(packed.x.shape[1:])), packed.x, packed.axes)
        with torch.no_grad():
            whole = bound(packed.x, question)
        yield Subject(bound, packed.x, question, who, fill, whole)


WEIGHTS = torch.tensor([3.0, -1.0, 2.0, 0.5, -2.0, 1.5, 4.0, -0.25], dtype=torch.float64)


def linear(bias=0.0):
    """f(x) = w . x + bias, and minus that."""
    net = torch.nn.Linear(8, 2).double()
    with torch.no_grad():
        net.weight.copy_(torch.stack([WEIGHTS, -WEIGHTS]))
        net.bias.fill_(bias)
    return net


def points(rows=5, seed=0):
    """(rows, 8) normal numbers."""
    return torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def noise(like, seed=1):
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(seed), dtype=like.dtype)
