"""Leaders, by all orders of players with equal shares."""

import itertools

import pytest
import torch

from judging import subject_of
from known import F64, linear, normal
from masking import close, uneven
from vitrail.metrics.masked import leaders, masks_of


def by_orders(shares, inside, count):
    """Every order of the players that puts larger shares first is as likely."""
    falling = [
        p for p in itertools.permutations(range(len(shares))) if sorted(shares, reverse=True) == [shares[i] for i in p]
    ]
    return sum(inside[i] for p in falling for i in p[:count]) / len(falling)


@pytest.fixture
def subject():
    with subject_of(linear(torch.ones(5, dtype=F64)), torch.zeros(4, 5, dtype=F64)) as made:
        yield made


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_by_orders(subject, count):
    shares = torch.tensor([[1, 1, 0, 0, 0], [2, 1, 1, 1, 0], [0, 0, 0, 0, 0], [-1, 3, -1, 2, 2]], dtype=F64)
    inside = torch.tensor([[1, 0, 0, 1, 0], [0, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 1, 1]], dtype=torch.bool)
    expected = [by_orders(s, i, count) for s, i in zip(shares.tolist(), inside.tolist(), strict=True)]
    got = leaders(subject, shares, inside, torch.full((4,), count))
    close(got, torch.tensor(expected, dtype=F64))


def test_each_example_has_its_own_count(subject):
    shares = torch.arange(5.0, dtype=F64).expand(4, 5)
    inside = torch.tensor([False, False, True, True, True]).expand(4, 5)
    close(leaders(subject, shares, inside, torch.tensor([1, 3, 4, 0])), torch.tensor([1, 3, 3, 1], dtype=F64))


def test_players_that_an_example_does_not_have_never_lead(subject):
    subject.players = uneven([2, 5, 5, 5], 5)
    shares = torch.tensor([-3, -2, 0, 0, 0], dtype=F64).expand(4, 5)
    inside = torch.tensor([True, False, True, True, True]).expand(4, 5)
    close(leaders(subject, shares, inside, torch.full((4,), 2)), torch.tensor([1, 2, 2, 2], dtype=F64))
    subject.masks = inside
    assert masks_of(subject, "it")[0].tolist() == [True, False, False, False, False]
    assert masks_of(subject, "it")[1].tolist() == inside[1].tolist()


def test_nothing_is_changed(subject):
    shares, masks = normal(4, 5), normal(4, 5, seed=1) > 0
    before = shares.clone(), masks.clone()
    leaders(subject, shares, masks, torch.full((4,), 2))
    assert torch.equal(shares, before[0])
    assert torch.equal(masks, before[1])
