"""HSIC: how strongly the worth of a coalition depends on whether a player is there."""

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget, played

LEAST = 5  #: evaluations: leaving one out leaves four, which the unbiased estimate needs
WIDTH_FROM = 1000  #: worths whose distances give the width of the kernel
AT_ONCE = 2**22  #: numbers of the kernel's matrix that are held at a time


def hsic(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """The Hilbert-Schmidt independence criterion of a player and the worth [1], by its unbiased estimate [2].

        HSIC_i = E[k k'] + E[k] E[k'] - 2 E[E[k | 1] E[k' | 1]]      over independent coalitions
        k = 1 where a player is in both coalitions or in neither, else 0
        k' = exp(-(v(S) - v(T))^2 / (2 width^2)),  width the median distance of worths

    Every player is there with probability 1/2. 0 for a player on whom nothing depends, up to the standard error, which
    is the jackknife's; the estimate may be below 0.

    checks    width (games,)

    [1] Novello, Fel, Vigouroux, "Making Sense of Dependence: Efficient Black-box Explanations Using Dependence
        Measure", 2022, section 3
    [2] Song, Smola, Gretton, Bedo, Borgwardt, "Feature Selection via Dependence Maximization", 2012, theorem 2
    """
    check_budget("hsic", budget, LEAST, players)
    generator = torch.Generator().manual_seed(seed)
    inside = torch.rand(budget, players, generator=generator, dtype=torch.float64) < 0.5
    _, worth = played(game, inside, LEAST)
    signs = 2.0 * inside[: len(worth)].double() - 1
    width = torch.stack([_width(each) for each in worth.T])
    values, error = zip(*(_dependence(signs, each, w) for each, w in zip(worth.T, width, strict=True)), strict=True)
    return Estimate(torch.stack(values), torch.stack(error), worth.mean(0), len(worth), {"width": width})


def _width(worth: Tensor) -> Tensor:
    """The median distance; where most are equal the root of their mean square."""
    apart = torch.nn.functional.pdist(worth[:WIDTH_FROM, None])
    median = apart.median()
    return median if bool(median > 0) else apart.square().mean().sqrt()


def _dependence(signs: Tensor, worth: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
    """(players,) estimates and standard errors; all zero for a game that is always worth the same."""
    if not bool(width > 1e-12 * worth.abs().max()):
        return torch.zeros_like(signs[0]), torch.zeros_like(signs[0])
    near, alone = _kernel_sums(signs, worth, width)
    count, total = len(signs), alone.sum()
    crossed = (signs * alone[:, None]).sum(0)  # (players,)
    both, balance = (signs * near).sum(0), signs.sum(0)
    values = _unbiased(count, both, balance, balance * crossed - total, total)
    left = balance - signs  # from here on for each coalition that is left out, (n, players)
    rest = total - 2 * alone[:, None]
    through = left * (crossed - signs * alone[:, None] - near) - rest
    others = _unbiased(count - 1, both - 2 * signs * near, left, through, rest)
    return values, ((count - 1) * others.var(0, correction=0)).sqrt()


def _kernel_sums(signs: Tensor, worth: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
    """(n, players) and (n,): the kernel of the worths without its diagonal, times the signs, and summed."""
    parts = []
    for some in torch.split(torch.arange(len(worth)), max(1, AT_ONCE // len(worth))):
        kernel = torch.exp(-((worth[some, None] - worth) ** 2) / (2 * width**2))
        kernel[torch.arange(len(some)), some] = 0
        parts.append((kernel @ signs, kernel.sum(1)))
    near, alone = zip(*parts, strict=True)
    return torch.cat(near), torch.cat(alone)


def _unbiased(count: int, both: Tensor, balance: Tensor, through: Tensor, total: Tensor) -> Tensor:
    """The estimate for the kernel s_i s_j / 2, which is that of equality less a constant that makes no difference.

    both     sum over pairs of  s_i s_j k'_ij          balance  sum of s_i
    through  sum over i of  (sum over j != i of s_i s_j) (sum over j of k'_ij)      total  sum over pairs of k'_ij
    """
    mine = balance.square() - count
    whole = both + mine * total / ((count - 1) * (count - 2)) - 2 * through / (count - 2)
    return whole / (2 * count * (count - 3))
