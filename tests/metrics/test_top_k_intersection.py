"""Top-k intersection: by pencil, by sorting, with ties."""

import pytest
import torch

from known import F64, normal
from masking import close, obeys, refuses, scored
from vitrail.metrics.top_k_intersection import TopKIntersection

MASK = [[True, True, False, False, False]]


@pytest.mark.parametrize(
    ("shares", "top", "expected"),
    [
        ([9, 8, 1, 2, 3], 0.4, 1),
        ([9, 0, 1, 2, 3], 0.4, 1 / 2),
        ([9, 0, 1, 2, 3], 0.2, 1),
        ([9, 0, 1, 2, 3], 0.01, 1),  # at least one
        ([9, 8, 1, 2, 3], 0.6, 2 / 3),
        ([9, 8, 1, 2, 3], 0.41, 2 / 3),  # rounded up
        ([9, 8, 1, 2, 3], 1.0, 2 / 5),
        ([4, 4, 4, 4, 4], 0.4, 2 / 5),
        ([4, 3, 3, 0, 0], 0.4, 3 / 4),
        ([-9, -8, -1, -2, -3], 0.4, 0),
    ],
)
def test_pencil(shares, top, expected):
    got = scored(TopKIntersection(top=top), [shares], MASK)
    close(got, torch.tensor([expected], dtype=F64))
    close(scored(TopKIntersection(top=top, weighted=True), [shares], MASK), got * 5 / 2)


def test_seven_percent_of_a_hundred_is_seven():
    assert 0.07 * 100 > 7  # say floats
    shares, masks = torch.arange(100.0)[None], (torch.arange(100) > 92)[None]
    close(scored(TopKIntersection(top=0.07), shares, masks), torch.tensor([1.0], dtype=F64))


def test_by_sorting():
    shares, masks = normal(20, 10), normal(20, 10, seed=1) > 0.2
    masks[:, 3] = True
    expected = []
    for row, mask in zip(shares.tolist(), masks.tolist(), strict=True):
        top = sorted(range(10), key=lambda i: -row[i])[:3]  # noqa: B023
        expected.append(sum(mask[i] for i in top) / 3)
    assert len(set(expected)) > 2
    close(scored(TopKIntersection(top=0.3), shares, masks), torch.tensor(expected, dtype=F64))


@pytest.mark.parametrize("weighted", [True, False])
def test_laws(weighted):
    obeys(TopKIntersection(top=0.25, weighted=weighted))


def test_refusals():
    refuses(TopKIntersection())


def test_weighted_and_constant_is_chance_whatever_the_mask():
    masks = torch.tensor([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]).bool()
    for top in (0.25, 0.5, 1.0):
        got = scored(TopKIntersection(top=top, weighted=True), torch.full((4, 4), 2.0), masks)
        close(got, torch.ones(4, dtype=F64))


def test_ideal_beats_good_beats_random():
    mask = (torch.arange(40) < 8)[None]
    shares = torch.cat([mask * 1.0, mask + normal(1, 40, seed=2) / 2, normal(1, 40, seed=3)])
    ideal, good, random = scored(TopKIntersection(top=0.2), shares, mask.expand(3, 40))
    assert ideal == 1
    assert 1 > good > random
