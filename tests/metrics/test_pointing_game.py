"""The pointing game: hits, misses and ties."""

import pytest
import torch

from known import F64, normal
from masking import close, obeys, refuses, scored
from vitrail.metrics.pointing_game import PointingGame


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0, 9, 1, 1], 1),
        ([9, 0, 1, 1], 0),
        ([-9, -1, -2, -3], 1),  # the largest, not the largest in size
        ([5, 5, 1, 1], 1 / 2),
        ([5, 5, 1, 5], 1 / 3),
        ([0, 0, 0, 0], 1 / 4),
    ],
)
def test_pencil(shares, expected):
    close(scored(PointingGame(), [shares], [[False, True, False, False]]), torch.tensor([expected], dtype=F64))


def test_by_loop():
    shares = normal(40, 6)
    masks = normal(40, 6, seed=1) > 0
    masks[:, 0] = True
    hits = [
        float(mask[max(range(6), key=row.__getitem__)])
        for row, mask in zip(shares.tolist(), masks.tolist(), strict=True)
    ]
    assert 0 < sum(hits) < 40
    close(scored(PointingGame(), shares, masks), torch.tensor(hits, dtype=F64))


def test_laws():
    obeys(PointingGame())


def test_refusals():
    refuses(PointingGame())


def test_any_increasing_change_is_no_change():
    shares, masks = normal(6, 8), normal(6, 8, seed=1) > -0.3
    close(scored(PointingGame(), shares.exp(), masks), scored(PointingGame(), shares, masks))
