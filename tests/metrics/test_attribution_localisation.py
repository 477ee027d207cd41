"""Attribution localisation: by pencil, with players of several sizes."""

import pytest
import torch

from known import F64, normal
from masking import close, nan, obeys, refuses, scored
from vitrail.metrics.attribution_localisation import AttributionLocalisation


@pytest.mark.parametrize(
    ("shares", "inside", "weighted"),
    [
        ([3, 1, 2, 2], 3 / 8, 3 / 2),
        ([3, -1, 2, -2], 3 / 5, 12 / 5),
        ([-3, -1, 0, 4], 0, 0),
        ([5, 5, 5, 5], 1 / 4, 1),
        ([5, 0, 0, -5], 1, 4),
        ([-5, -1, -1, -5], nan, nan),
        ([0, 0, 0, 0], nan, nan),
    ],
)
def test_pencil(shares, inside, weighted):
    mask = [[True, False, False, False]]
    close(
        scored(AttributionLocalisation(weighted=False), [shares], mask), torch.tensor([inside]).double(), equal_nan=True
    )
    close(scored(AttributionLocalisation(), [shares], mask), torch.tensor([weighted]).double(), equal_nan=True)


def test_an_even_map_is_at_one_whatever_the_sizes_of_the_players():
    values, players = torch.full((3, 6), 0.7), [0, 1, 1, 2, 2, 2]
    masks = [[True, False, False], [True, True, False], [False, False, True]]
    got = scored(AttributionLocalisation(), values, masks, players=players)
    close(got, torch.ones(3, dtype=F64))
    got = scored(AttributionLocalisation(weighted=False), values, masks, players=players)
    close(got, torch.tensor([1 / 6, 1 / 2, 1 / 2], dtype=F64))


def test_elements_that_belong_to_nobody_do_not_count():
    shares, masks = [[1, 1, 8, 8], [1, 1, 1, 1.0]], [[True, False, True, True], [True, False, False, False]]
    got = scored(AttributionLocalisation(), shares, masks, counts=[2, 4])
    close(got, torch.ones(2, dtype=F64))


@pytest.mark.parametrize("weighted", [True, False])
def test_laws(weighted):
    obeys(AttributionLocalisation(weighted=weighted))


def test_refusals():
    refuses(AttributionLocalisation())


def test_ideal_beats_good_beats_random():
    mask = (torch.arange(40) < 8)[None]
    shares = torch.cat([mask * 1.0, mask + normal(1, 40, seed=2) / 3, normal(1, 40, seed=3)])
    ideal, good, random = scored(AttributionLocalisation(), shares, mask.expand(3, 40))
    close(ideal, torch.tensor(5.0, dtype=F64))
    assert 5 > good > random
