"""Entropy, by pencil and by a loop."""

import math

import pytest
import torch

from known import F64, normal
from masking import close, obeys, scored
from vitrail.metrics.entropy import Entropy


def by_loop(shares):
    total = sum(abs(s) for s in shares)
    return -sum(abs(s) / total * math.log(abs(s) / total) for s in shares if s != 0)


def test_by_loop():
    shares = normal(5, 9)
    shares[0, 3:6], shares[1, 2:5] = 0, -0.5
    close(scored(Entropy(), shares), torch.tensor([by_loop(row) for row in shares.tolist()], dtype=F64))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0, 0, -5, 0], 0),
        ([2, -2, 0, 0], math.log(2)),
        ([2, 1, -1, 0], 1.5 * math.log(2)),
        ([3, 3, 3, 3], math.log(4)),
        ([0, 0, 0, 0], math.log(4)),
    ],
)
def test_pencil(shares, expected):
    close(scored(Entropy(), [shares]), torch.tensor([expected], dtype=F64))


def test_laws():
    obeys(Entropy(), masked=False)


def test_one_beats_few_beats_many():
    planted = torch.eye(16, dtype=F64)[:1]
    one, few, many = scored(Entropy(), torch.cat([planted, planted + 0.05 * normal(1, 16), normal(1, 16)]))
    assert one < few < many < math.log(16)


def test_zeros_are_spread_over_those_who_play():
    shares = [[0, 0, 7, 7], [0, 0, 0, 0.0]]
    close(scored(Entropy(), shares, counts=[2, 4]), torch.tensor([math.log(2), math.log(4)], dtype=F64))
