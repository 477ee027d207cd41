"""Relevance rank accuracy: by pencil and by sorting."""

import pytest
import torch

from known import F64, normal
from masking import close, obeys, refuses, scored
from vitrail.metrics.rank_accuracy import RankAccuracy


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([9, 8, 7, 0, 0], 1),
        ([9, 0, 0, 7, 8], 1 / 3),
        ([0, 0, -9, 7, 8], 1 / 3),
        ([1, 1, 1, 1, 1], 3 / 5),
        ([2, 0, 0, 1, 1], 1 / 3),
        ([2, 1, 0, 1, 1], (1 + 2 / 3) / 3),  # of three that share two places, one is in the mask
    ],
)
def test_pencil(shares, expected):
    close(scored(RankAccuracy(), [shares], [[True, True, True, False, False]]), torch.tensor([expected], dtype=F64))


def test_by_sorting():
    shares, masks = normal(20, 9), normal(20, 9, seed=1) > 0.2
    masks[:, 3] = True
    expected = []
    for row, mask in zip(shares.tolist(), masks.tolist(), strict=True):
        top = sorted(range(9), key=lambda i: -row[i])[: sum(mask)]  # noqa: B023
        expected.append(sum(mask[i] for i in top) / sum(mask))
    assert len(set(expected)) > 3
    close(scored(RankAccuracy(), shares, masks), torch.tensor(expected, dtype=F64))


def test_laws():
    obeys(RankAccuracy())


def test_refusals():
    refuses(RankAccuracy())


def test_ideal_beats_good_beats_random():
    mask = (torch.arange(40) < 8)[None]
    shares = torch.cat([mask * 1.0, mask + normal(1, 40, seed=2) / 2, normal(1, 40, seed=3)])
    ideal, good, random = scored(RankAccuracy(), shares, mask.expand(3, 40))
    assert ideal == 1
    assert 1 > good > random
