"""Curves: the target while players are taken away one after the other, in the order of an explanation."""

from typing import Literal

import torch
from torch import Tensor

from vitrail.metrics.subject import Judged, Subject

First = Literal["most", "least"]
TIES = 0  #: seed of the order in which players of equal share come; the same for all explanations


def ranks(subject: Subject, shares: Tensor) -> Tensor:
    """(batch, players) the place of each player when the largest share comes first; players that do not play come last.

    Players of equal share come in a random order, always the same one, so that no corner of a picture is favoured.
    """
    draw = torch.randperm(subject.most, generator=torch.Generator().manual_seed(TIES)).to(shares.device)
    known = torch.where(subject.plays, shares.double(), -torch.inf)[:, draw]
    order = draw[known.argsort(dim=1, descending=True, stable=True)]
    return order.argsort(1)


def curve(subject: Subject, judged: Judged, first: First, steps: int) -> Tensor:
    """(batch, steps + 1) the target with 0, 1/steps, ... all of the players taken away; made once for all metrics.

    first   whether those with the most or the least share go first
    steps   at most as many as there are players count; more of them repeat
    """
    return subject.once(("curve", judged, first, steps), lambda: made(subject, judged, first, steps))


def made(subject: Subject, judged: Judged, first: First, steps: int) -> Tensor:
    if steps <= subject.most:
        return walked(subject, judged.shares, first, steps)
    # players go one by one at the most: every point lies on the curve that has a step for each
    at = torch.searchsorted(gone(subject, subject.most), gone(subject, steps))
    return curve(subject, judged, first, subject.most).gather(1, at)


def walks(subject: Subject, judged: Judged) -> list[tuple[First, Tensor]]:
    """The curves that some metric has walked for an explanation, the finest of each kind."""
    found: dict[First, Tensor] = {}
    for key, made in subject.memory.items():
        if (
            isinstance(key, tuple)
            and key[:2] == ("curve", judged)
            and made.shape[1] > found.get(key[2], made[:, :0]).shape[1]
        ):
            found[key[2]] = made
    return list(found.items())


def gone(subject: Subject, steps: int) -> Tensor:
    """(batch, steps + 1) how many players of each example are away after 0, 1, ... steps."""
    counts = subject.plays.sum(1, keepdim=True)
    return (torch.arange(steps + 1, device=counts.device) * counts / steps).round().long()


def there(subject: Subject, shares: Tensor, first: First, away: Tensor) -> Tensor:
    """(batch, n, players) bool: who is left once as many as `away` (batch, n) says are taken away in order."""
    counts, place = subject.plays.sum(1, keepdim=True), ranks(subject, shares)
    place = place if first == "most" else counts - 1 - place
    return place[:, None, :] >= away[:, :, None]


def walked(subject: Subject, shares: Tensor, first: First, steps: int) -> Tensor:
    here = there(subject, shares, first, gone(subject, steps)[:, 1:])
    return torch.cat([subject.whole[:, None].double(), subject.worth(here).double()], 1)


def area(values: Tensor) -> Tensor:
    """(batch,) the mean height of a curve, by the trapezoidal rule."""
    return torch.trapezoid(values, dim=1) / (values.shape[1] - 1)
