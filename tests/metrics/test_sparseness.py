"""The Gini index, by pencil and by the mean difference of pairs."""

import pytest
import torch

from known import F64, normal
from masking import close, obeys, scored
from vitrail.metrics.sparseness import Sparseness


def by_pairs(shares):
    """Half the mean difference of two players drawn with return, over their mean: the index as economists have it."""
    a = [abs(s) for s in shares]
    n = len(a)
    return sum(abs(u - v) for u in a for v in a) / (2 * n * sum(a))


def test_by_pairs():
    shares = normal(5, 9)
    shares[1, 2:5] = shares[1, 6]
    close(scored(Sparseness(), shares), torch.tensor([by_pairs(row) for row in shares.tolist()], dtype=F64))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0, 0, 5, 0], 3 / 4),
        ([2, -2, 2, -2], 0),
        ([1, 3, 0, 0], 5 / 8),  # 1 - 2 (1/4 1.5/4 + 3/4 0.5/4)
        ([-1, 3, 0, 0], 5 / 8),
        ([0, 0, 0, 0], 0),
        ([1e-9, 3e-9, 0, 0], 5 / 8),  # small shares are as good as large ones
    ],
)
def test_pencil(shares, expected):
    close(scored(Sparseness(), [shares]), torch.tensor([expected], dtype=F64))


def test_laws():
    obeys(Sparseness(), masked=False)


def test_one_beats_few_beats_many():
    planted = torch.eye(16, dtype=F64)[:1]
    one, few, many = scored(Sparseness(), torch.cat([planted, planted + 0.2 * normal(1, 16), normal(1, 16)]))
    assert one > few > many > 0


def test_who_does_not_play_makes_nothing_sparser():
    close(scored(Sparseness(), [[1, 3, 7, 7], [1, 1, 1, 1.0]], counts=[2, 4]), torch.tensor([0.25, 0], dtype=F64))
