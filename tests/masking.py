"""Shares of players, and masks over them, put before a metric without a network that matters."""

import math

import pytest
import torch

from judging import subject_of
from known import F64, linear, normal
from vitrail.errors import BadInput
from vitrail.inputs.players import Players
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
nan = math.nan


def scored(metric, shares, masks=None, counts=None, players="auto", dtype=F64):
    """What a metric says of shares (batch, players), or values laid on x; `counts`: how many of them play."""
    shares = torch.as_tensor(shares, dtype=dtype)
    net, x = linear(torch.ones(shares.shape[1:], dtype=dtype)), torch.zeros_like(shares)
    with subject_of(net, x, players=players) as subject:
        subject.masks = None if masks is None else torch.as_tensor(masks)
        if counts is not None:
            subject.players = uneven(counts, shares.shape[1])
        score = metric(subject, judged(subject, shares))
    assert score.shape == shares.shape[:1]
    assert score.dtype == F64
    return score


def uneven(counts, columns):
    """Players that are the first columns of each example; the others are always there."""
    at = torch.arange(columns)
    labels = torch.where(at < torch.tensor(counts)[:, None], at, -1)
    return Players(labels, tuple(counts), ("batch", "player"), (max(counts),))


def drawn(batch=6, players=12, seed=0):
    """Shares with ties among them, and masks that are neither empty nor full."""
    shares = normal(batch, players, seed=seed).mul(2).round() / 2
    masks = normal(batch, players, seed=seed + 1) > 0.4
    masks[:, 0], masks[:, 1] = True, False
    assert all(len(row.unique()) < players for row in shares)
    return shares, masks


def obeys(metric, masked=True):
    """Laws of every metric here: one by one, whatever the factor, whatever the order, whoever does not play."""
    shares, masks = drawn()
    masks = masks if masked else None
    assert metric.better == ("lower" if metric.name == "entropy" else "higher")
    assert metric.family == ("localisation" if masked else "complexity")
    score = scored(metric, shares, masks)
    assert len(score.unique()) > 2
    close(scored(metric, 8 * shares, masks), score)
    close(scored(metric, shares, masks, dtype=torch.float32), score)
    close(scored(metric, 0.003 * shares, masks), score, rtol=1e-9, atol=1e-12)
    for i, one in enumerate(score):
        close(scored(metric, shares[i : i + 1], masks[i : i + 1] if masked else None), one[None])
    order = torch.randperm(shares.shape[1], generator=torch.Generator().manual_seed(3))
    close(scored(metric, shares[:, order], masks[:, order] if masked else None), score)
    wider = torch.cat([shares, torch.full_like(shares, 99.0)], 1)
    wide = torch.cat([masks, torch.ones_like(masks)], 1) if masked else None
    few = [12] * 5 + [24]  # the last example plays with all of them; nobody else has their 99
    close(scored(metric, wider, wide, few)[:-1], score[:-1])


def refuses(metric):
    """No masks, and masks of another shape or type."""
    shares, masks = drawn()
    with pytest.raises(BadInput, match=f"{metric.name} compares.*none were given.*leave this metric out"):
        scored(metric, shares)
    for wrong in (masks[:, 1:], masks[:1], masks.double()):
        with pytest.raises(BadInput, match=r"masks are torch.*\(6, 12\).*Say for each player"):
            scored(metric, shares, wrong)
    close(
        scored(metric, shares, masks & (torch.arange(6) > 0)[:, None])[0], torch.tensor(nan, dtype=F64), equal_nan=True
    )
