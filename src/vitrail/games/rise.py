"""RISE: how the worth goes with random masks of low resolution, taken in antithetic pairs."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget
from vitrail.games.linear import applied

AT_ONCE = 2**22  #: numbers in the masks that are held at a time


@dataclass(frozen=True)
class Grid:
    """Random masks: cells that are there or not with probability 1/2, linearly between their centres, shifted [1].

    sides   how many places there are along each axis
    patch   from one cell to the next, in places; 1: every place is a cell of its own

    The grid is larger than the mask, so that all places are treated alike; at the edges, too.

    [1] Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018, section 3.2
    """

    sides: tuple[int, ...]
    patch: int

    @property
    def places(self) -> int:
        return int(torch.tensor(self.sides).prod())

    def masks(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, places) in [0, 1]."""
        cells = [(side + self.patch - 2) // self.patch + 2 for side in self.sides]
        made = (torch.rand(count, *cells, generator=generator, dtype=torch.float64) < 0.5).double()
        shifts = torch.randint(self.patch, (len(cells), count, 1, 1), generator=generator)
        for side, number, shift in zip(self.sides, cells, shifts, strict=True):
            at = (torch.arange(side)[:, None] + shift) / self.patch  # (count, side, 1), in cells
            near = (1 - (at - torch.arange(number)).abs()).clamp(min=0).double()
            made = torch.einsum("nsc,nc...->n...s", near, made)  # the finished axis goes behind the others
        return made.flatten(1)


def rise(
    game: Game, grid: Grid, budget: int, seed: int, done: Callable[[int], None] = lambda evaluations: None
) -> Estimate:
    """The covariance of the worth with each place, from pairs of a mask m and its opposite 1 - m.

        S = E[v(m) m] / p - E[v(m)],   p = E[m] = 1/2        the map of [1], section 3.1, less its constant
          = E[(v(m) - v(1 - m)) (m - 1/2)]

    The second line is what is averaged: of a pair, whatever m and 1 - m are both worth is gone, and with it the noise
    that a constant would leave. Masks are made when they are needed: memory does not grow with the budget. `none` is
    the mean worth.

    done    called with the evaluations that were added

    [1] Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018
    """
    check_budget("rise", budget, 2, grid.places)
    generator = torch.Generator().manual_seed(seed)
    total, pairs, size = Sums(), budget // 2, max(1, AT_ONCE // (2 * grid.places))
    while total.pairs < pairs:
        masks = grid.masks(min(size, pairs - total.pairs), generator)
        worth = game(torch.stack([masks, 1 - masks], 1).flatten(0, 1))
        worth = worth.reshape(len(worth), -1).double()
        whole = len(worth) // 2
        total.add(masks[:whole], worth[0 : 2 * whole : 2], worth[1 : 2 * whole : 2])
        done(worth.numel())
        if whole < len(masks):
            break
    return total.estimate()


class Sums:
    """Running sums over pairs."""

    def __init__(self) -> None:
        self.pairs = 0
        self.first = self.second = self.worth = torch.zeros(())

    def add(self, masks: Tensor, worth: Tensor, opposite: Tensor) -> None:
        """masks (pairs, places), worth and that of the opposite masks (pairs, games)."""
        if not len(worth):
            return
        change, away = worth - opposite, masks - 0.5
        self.pairs += len(worth)
        self.first = self.first + applied(away, change)
        self.second = self.second + applied(away.square(), change.square())
        self.worth = self.worth + (worth + opposite).sum(0)

    def estimate(self) -> Estimate:
        """Raises KeyboardInterrupt when there is no pair."""
        if self.pairs == 0:
            raise KeyboardInterrupt
        mean, n = self.first / self.pairs, self.pairs
        spread = (self.second / n - mean.square()).clamp(min=0)
        error = (spread / (n - 1)).sqrt() if n > 1 else torch.full_like(mean, torch.nan)
        return Estimate(mean, error, self.worth / (2 * n), 2 * n)
