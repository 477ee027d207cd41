"""The area under the ROC curve, by pairs."""

import pytest
import torch

from known import F64, normal
from masking import close, drawn, nan, obeys, refuses, scored
from vitrail.metrics.localisation_auc import LocalisationAUC


def by_pairs(shares, mask):
    pairs = [(a, b) for a, i in zip(shares, mask, strict=True) if i for b, j in zip(shares, mask, strict=True) if not j]
    return sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)


def test_by_pairs():
    shares, masks = drawn(20, 11, seed=4)
    expected = [by_pairs(*row) for row in zip(shares.tolist(), masks.tolist(), strict=True)]
    close(scored(LocalisationAUC(), shares, masks), torch.tensor(expected, dtype=F64))


def test_as_scikit_learn_has_it():
    from sklearn.metrics import roc_auc_score

    shares, masks = drawn(seed=5)
    expected = [roc_auc_score(mask, row) for row, mask in zip(shares.numpy(), masks.numpy(), strict=True)]
    close(scored(LocalisationAUC(), shares, masks), torch.tensor(expected, dtype=F64))


@pytest.mark.parametrize(
    ("shares", "mask", "expected"),
    [
        ([4, 3, 2, 1], [True, True, False, False], 1),
        ([1, 2, 3, 4], [True, True, False, False], 0),
        ([4, 1, 2, 3], [True, True, False, False], 1 / 2),
        ([7, 7, 7, 7], [True, False, False, False], 1 / 2),
        ([0, 0, 0, 0], [True, True, True, False], 1 / 2),
        ([4, 3, 2, 1], [True, True, True, True], nan),
        ([4, 3, 2, 1], [False, False, False, False], nan),
    ],
)
def test_pencil(shares, mask, expected):
    close(scored(LocalisationAUC(), [shares], [mask]), torch.tensor([expected], dtype=F64), equal_nan=True)


def test_turned_round_for_the_negative_and_for_the_rest():
    shares, masks = drawn()
    score = scored(LocalisationAUC(), shares, masks)
    close(scored(LocalisationAUC(), -shares, masks), 1 - score)
    close(scored(LocalisationAUC(), shares, ~masks), 1 - score)


def test_laws():
    obeys(LocalisationAUC())


def test_refusals():
    refuses(LocalisationAUC())


def test_ideal_beats_good_beats_random():
    mask = (torch.arange(40) < 8)[None]
    shares = torch.cat([mask * 1.0, mask + normal(1, 40, seed=2), normal(1, 40, seed=3)])
    ideal, good, random = scored(LocalisationAUC(), shares, mask.expand(3, 40))
    assert ideal == 1
    assert 1 > good > random
