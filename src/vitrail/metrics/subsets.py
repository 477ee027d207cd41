"""Random sets of players that are taken away, drawn once for all explanations, and how far the target falls."""

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject


def falls(subject: Subject, share: float, samples: int, seed: int) -> tuple[Tensor, Tensor]:
    """(batch, samples, players) bool: who is taken away; (batch, samples) how far the target falls by that.

    share   how many of an example's players are taken away, at least one of them and never all
    """
    return subject.once(("falls", share, samples, seed), lambda: drawn(subject, share, samples, seed))


def drawn(subject: Subject, share: float, samples: int, seed: int) -> tuple[Tensor, Tensor]:
    gone = sets(subject, share, samples, seed)
    return gone, subject.whole[:, None].double() - subject.worth(~gone).double()


def sets(subject: Subject, share: float, samples: int, seed: int) -> Tensor:
    """(batch, samples, players) bool: the same sets for examples with equally many players."""
    draws = torch.rand(samples, subject.most, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    gone = torch.zeros(len(subject.x), samples, subject.most, dtype=torch.bool, device=subject.x.device)
    for rows in subject.players.alike():
        count = subject.players.counts[int(rows[0])]
        size = min(max(round(share * count), 1), max(count - 1, 1))
        first = draws[:, :count].argsort(1)[:, :size].to(gone.device)
        gone[rows] = torch.zeros_like(gone[0]).scatter_(1, first, True)
    return gone


def given(judged: Judged, gone: Tensor) -> Tensor:
    """(batch, samples) what an explanation gave to those who are taken away, in all."""
    # one example after the other: as numbers, all sets of all examples are eight times as large
    return torch.stack([some.double() @ shares for some, shares in zip(gone, judged.shares.double(), strict=True)])


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """(batch,) Pearson's correlation of rows (batch, samples); NaN where one of them does not vary."""
    one, other = (each - each.mean(1, keepdim=True) for each in (one, other))
    lengths = one.norm(dim=1) * other.norm(dim=1)
    flat = (vanishes(one) | vanishes(other)) if one.shape[1] else torch.ones(len(one), dtype=torch.bool)
    return torch.where(flat, torch.nan, (one * other).sum(1) / lengths.where(~flat, torch.ones_like(lengths)))


def vanishes(centred: Tensor) -> Tensor:
    """Whether a row is constant up to rounding."""
    return centred.abs().amax(1) <= 1e-12
