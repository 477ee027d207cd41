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
    counts = subject.plays.sum(1)
    size = (share * counts).round().clamp(min=1).minimum((counts - 1).clamp(min=1))
    chance = torch.rand(samples, subject.most, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    scored = torch.where(subject.plays[:, None], chance.to(subject.x.device), 2.0)  # who does not play comes last
    gone = scored.argsort(2).argsort(2) < size[:, None, None]
    return gone, subject.whole[:, None].double() - subject.worth(~gone).double()


def given(judged: Judged, gone: Tensor) -> Tensor:
    """(batch, samples) what an explanation gave to those who are taken away, in all."""
    return torch.einsum("bp,bsp->bs", judged.shares.double(), gone.double())


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """(batch,) Pearson's correlation of rows (batch, samples); NaN where one of them does not vary."""
    one, other = (each - each.mean(1, keepdim=True) for each in (one, other))
    lengths = one.norm(dim=1) * other.norm(dim=1)
    flat = (vanishes(one) | vanishes(other)) if one.shape[1] else torch.ones(len(one), dtype=torch.bool)
    return torch.where(flat, torch.nan, (one * other).sum(1) / lengths.where(~flat, torch.ones_like(lengths)))


def vanishes(centred: Tensor) -> Tensor:
    """Whether a row is constant up to rounding."""
    return centred.abs().amax(1) <= 1e-12
