"""Sums over all coalitions, from some: a regression stands for the rest, and what it leaves is made good without bias.

Coalitions come in pairs of one and its complement, and shares are linear in the odd, or in the even, part of the game.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.games.estimate import Game, played
from vitrail.games.kernel import spread, unseen_share
from vitrail.games.linear import applied
from vitrail.games.sampling import all_pairs, half_sizes, pairs
from vitrail.games.sampling import shares as of_each_size
from vitrail.games.surrogate import Kernel, Shares, surrogate

FOLDS, FEW, MANY = 5, 2, 400  #: parts that take turns in being left out; only a few where there are many pairs
BOTH = 2  #: draws that every size must have


@dataclass(frozen=True, eq=False)
class Seen:
    """Pairs that were evaluated.

    chosen  (m, players) one coalition of each
    odd     (m, games) half of what it is worth more than its complement
    even    (m, games) half of what both are worth together, nobody's worth twice taken off
    none    (games,) the worth of nobody
    whole   (games,) what everybody is worth more
    """

    chosen: Tensor
    odd: Tensor
    even: Tensor
    none: Tensor
    whole: Tensor

    @property
    def coalitions(self) -> int:
        return 2 + 2 * len(self.chosen)

    @property
    def all(self) -> bool:
        return len(self.chosen) == all_pairs(self.chosen.shape[1])


@dataclass(frozen=True, eq=False)
class Sum:
    """Shares of a game as a sum over pairs.

    kernel   the odd or the even one
    known    (m, players) signs, r -> (m, shares): the shares of the games S -> kernel(s, t)
    weights  (m, players) signs -> (m, shares): what each pair counts
    """

    kernel: Kernel
    known: Shares
    weights: Callable[[Tensor], Tensor]


def least_budget(players: int) -> int:
    """Evaluations with which every size of coalitions is drawn twice, or wholly."""
    need = [min(BOTH, number) for _, number in half_sizes(players)]
    count = sum(need)
    while any(got < least for got, least in zip(of_each_size(players, count), need, strict=True)):
        count += 1
    return 2 + 2 * count


def seen(game: Game, players: int, budget: int, seed: int) -> Seen:
    """Pairs as the budget allows, two of every size first: what is seen before Ctrl-C has all sizes."""
    chosen = pairs(players, (budget - 2) // 2, torch.Generator().manual_seed(seed))
    first = _rank(_half(chosen)) < BOTH
    chosen = torch.cat([chosen[first], chosen[~first]])
    asked = torch.stack([chosen, ~chosen], 1).reshape(-1, players)
    ends = torch.tensor([[False], [True]]).expand(2, players)
    _, worth = played(game, torch.cat([ends, asked]), 2 + 2 * int(first.sum()))
    count = (len(worth) - 2) // 2
    none, one, other = worth[0], worth[2 : 2 + 2 * count : 2], worth[3 : 3 + 2 * count : 2]
    even = ((one - none) + (other - none)) / 2
    return Seen(chosen[:count], (one - other) / 2, even, none, worth[1] - none)


def adjusted(seen: Seen, worth: Tensor, whole: Tensor, what: Sum) -> tuple[Tensor, Tensor]:
    """(shares, standard errors), each (games, shares), of the part `worth` (m, games) of the game; `whole` at the ends.

    For each fold: the shares of a regression on the others [1], the errors of the regression where they are known, and
    the fold's own errors, raised to stand for all that the regression has not seen. Unbiased; exact with all pairs.

    [1] Witter, Liu, Musco, "Regression-adjusted Monte Carlo Estimators for Shapley Values and Probabilistic Values",
    2025. There coalitions are drawn with replacement; here without, so that what the regression has seen is known.
    """
    players = seen.chosen.shape[1]
    signs = torch.cat([torch.ones(1, players), 2.0 * seen.chosen - 1]).double()
    worth, weights = torch.cat([whole[None], worth]), what.weights(signs)
    if seen.all:
        exact = applied(weights, worth)
        return exact, torch.zeros_like(exact)
    fold, raised = _folds(seen.chosen)
    regression = surrogate(signs, what.kernel, what.known)
    total, outside, folds = torch.zeros(()), torch.zeros_like(worth), int(fold.max()) + 1
    for k in range(folds):
        said, shares = regression.fitted(worth, fold != k)
        left = worth - said.T
        outside[fold == k] = left[fold == k]
        total = total + shares + applied(weights * torch.where(fold == k, raised, 1.0)[:, None], left)
    return total / folds, _errors(seen.chosen, weights[1:], outside[1:])


def _folds(chosen: Tensor) -> tuple[Tensor, Tensor]:
    """(1 + m,) the fold of each pair, -1 for the ends; (1 + m,) for how many unseen pairs each stands when left out."""
    half = _half(chosen)
    there = torch.tensor([1, *(number for _, number in half_sizes(chosen.shape[1]))], dtype=torch.float64)[half]
    drawn = torch.bincount(half)[half]
    fewest = int(drawn[drawn < there].min())
    fold = _rank(half) % min(FOLDS if len(chosen) <= MANY else FEW, fewest)
    mine = torch.bincount(half * FOLDS + fold)[half * FOLDS + fold]
    raised = (there - drawn + mine) / mine
    return torch.cat([torch.tensor([-1]), fold]), torch.cat([torch.ones(1, dtype=torch.float64), raised])


def _errors(chosen: Tensor, weights: Tensor, outside: Tensor) -> Tensor:
    """(games, shares) from the errors that regressions made outside of what they were fitted to."""
    unseen, half = unseen_share(chosen)
    raised = (weights / (1 - unseen)[:, None]).T  # each stands for as many as its size has for one drawn
    return torch.stack([spread((raised * each).T, unseen, half) for each in outside.T])


def _half(chosen: Tensor) -> Tensor:
    """(m,) the size of the smaller half of each pair."""
    return torch.minimum(chosen.sum(1), (~chosen).sum(1))


def _rank(half: Tensor) -> Tensor:
    """(m,) how many of the same size came before."""
    same = half[:, None] == torch.arange(int(half.max()) + 1)
    return (same.cumsum(0) * same).sum(1) - 1
