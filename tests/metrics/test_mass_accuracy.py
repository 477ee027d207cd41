"""Relevance mass accuracy: by pencil, by loops, planted."""

import pytest
import torch

from known import F64, normal
from masking import close, nan, obeys, refuses, scored
from vitrail.metrics.mass_accuracy import MassAccuracy

MASK = [[True, True, False, False]]


@pytest.mark.parametrize(
    ("shares", "positive", "absolute"),
    [
        ([3, 1, 2, 2], 1 / 2, 1 / 2),
        ([3, -1, 2, -2], 3 / 5, 1 / 2),
        ([-3, -1, 0, 4], 0, 1 / 2),
        ([-3, -1, -2, -2], nan, 1 / 2),
        ([2, 2, 2, 2], 1 / 2, 1 / 2),
        ([0, 0, 0, 0], nan, nan),
        ([1, 4, 0, -5], 1, 1 / 2),
    ],
)
def test_pencil(shares, positive, absolute):
    for sign, expected in (("positive", positive), ("absolute", absolute)):
        got = scored(MassAccuracy(sign=sign), [shares], MASK)
        close(got, torch.tensor([expected], dtype=F64), equal_nan=True)


@pytest.mark.parametrize("sign", ["positive", "absolute"])
def test_laws(sign):
    obeys(MassAccuracy(sign=sign))


def test_refusals():
    refuses(MassAccuracy())


def test_ideal_beats_good_beats_random():
    weight = torch.zeros(1, 40, dtype=F64)
    weight[:, :8] = 1 + normal(1, 8).abs()
    shares = torch.cat([weight, weight + normal(1, 40, seed=2) / 3, normal(1, 40, seed=3)])
    ideal, good, random = scored(MassAccuracy(), shares, (weight > 0).expand(3, 40))
    assert ideal == 1
    assert 1 > good > random


def test_both_signs_of_a_player_are_added_up_first():
    values = torch.tensor([[3, -1, -4, 2, 0, 1]], dtype=F64)  # pairs: 2, -2, 1
    got = scored(MassAccuracy(), values, [[True, True, False]], players=[0, 0, 1, 1, 2, 2])
    close(got, torch.tensor([2 / 3], dtype=F64))
