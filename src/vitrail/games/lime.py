"""LIME: the additive game that is nearest to a game around the coalition of everybody."""

from bisect import bisect_left

import torch
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.games.estimate import Estimate, Game, check_budget, played
from vitrail.games.linear import applied

LISTED = 16  #: players up to which coalitions are drawn without repetition
DRAWS = 1000  #: attempts to draw coalitions that determine all coefficients
FREE = 1e-9  #: a coalition whose leverage is nearer to 1 is fitted exactly, and tells nothing about the error


def lime(game: Game, players: int, budget: int, seed: int, width: float) -> Estimate:
    """Weighted least squares on random coalitions, that of everybody among them [1].

        min over phi of  sum over S of  exp(-D(S)^2 / width^2) (v(S) - phi_0 - sum_{i in S} phi_i)^2
        D(S) = 1 - sqrt(|S| / players),  the cosine distance from everybody

    No ridge: a game that is additive is found as it is. With all coalitions nothing is left to chance. The standard
    errors are those of the coefficients under other draws, by the sandwich [2]. `none` is phi_0, the intercept.

    checks    r2 (games,) the share of the weighted variance that the sum explains; 1 where there is none

    [1] Ribeiro, Singh, Guestrin, "Why Should I Trust You? Explaining the Predictions of Any Classifier", 2016, eq. 2
    [2] MacKinnon, White, "Some heteroskedasticity-consistent covariance matrix estimators", 1985: HC3
    """
    check_budget("lime", budget, players + 1, players)
    inside, least = determining(players, budget, seed)
    _, worth = played(game, inside, least)
    inside = inside[: len(worth)]
    weight = torch.exp(-((1 - (inside.sum(1) / players).sqrt()) ** 2) / width**2).double()
    design = _design(inside)
    root = weight.sqrt()[:, None]
    _check_width(root * design, width)
    solver = torch.linalg.pinv(root * design).T * root  # (n, players + 1)
    found = applied(solver, worth)
    left = worth - applied(design.T, found.T).T
    error = _errors(design, solver, left)
    return Estimate(found[:, 1:], error, found[:, 0], len(worth), {"r2": _explained(worth, left, weight)})


def determining(players: int, budget: int, seed: int) -> tuple[Tensor, int]:
    """(coalitions (n, players), how many of the first determine all coefficients): everybody first, then draws."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(DRAWS):
        inside = _drawn(players, budget, generator)
        if _rank(inside) == players + 1:
            break
    return inside, bisect_left(range(len(inside)), players + 1, key=lambda k: _rank(inside[:k]))


def _drawn(players: int, budget: int, generator: torch.Generator) -> Tensor:
    """Everybody, and others of which each is as likely; no coalition twice where they can be listed."""
    if players > LISTED:
        drawn = torch.rand(budget - 1, players, generator=generator, dtype=torch.float64) < 0.5
        return torch.cat([torch.ones(1, players, dtype=torch.bool), drawn])
    codes = torch.randperm(2**players - 1, generator=generator)[: budget - 1]
    codes = torch.cat([torch.tensor([2**players - 1]), codes])
    return (codes[:, None] >> torch.arange(players) & 1).bool()


def _design(inside: Tensor) -> Tensor:
    """(n, players + 1): a one for the intercept, then who is there."""
    return torch.cat([torch.ones(len(inside), 1, dtype=torch.float64), inside.double()], 1)


def _rank(inside: Tensor) -> int:
    return int(torch.linalg.matrix_rank(_design(inside))) if len(inside) else 0


def _check_width(weighed: Tensor, width: float) -> None:
    """Raises BadSetting for a kernel so narrow that too few coalitions count to determine the coefficients."""
    if int(torch.linalg.matrix_rank(weighed)) < weighed.shape[1]:
        raise BadSetting(
            f"lime: width={width} is so narrow that too few coalitions count. A width that reaches coalitions of half "
            "the players, at a distance of 0.29, was expected. Use width=0.25.",
            setting="width",
            value=width,
        )


def _errors(design: Tensor, solver: Tensor, left: Tensor) -> Tensor:
    """(games, players) of the coefficients; 0 when all coalitions are there, NaN when nothing is left over."""
    count, players = len(design), design.shape[1] - 1
    unseen = 1 - count / 2**players if players <= LISTED else 1.0
    if unseen <= 0:
        return torch.zeros(left.shape[1], players, dtype=torch.float64)
    free = 1 - (solver * design).sum(1)
    free = torch.where(free > FREE, free, torch.nan)
    chosen = slice(1, None)  # everybody is not left to chance
    parts = [(solver * (each / free)[:, None])[chosen, 1:].square().sum(0) for each in left.T]
    return (unseen * torch.stack(parts)).sqrt()


def _explained(worth: Tensor, left: Tensor, weight: Tensor) -> Tensor:
    weight = weight[:, None] / weight.sum()
    centred = worth - (weight * worth).sum(0)
    whole = (weight * centred.square()).sum(0)
    rounding = (1e-12 * worth.abs().amax(0)).square()
    return torch.where(whole > rounding, 1 - (weight * left.square()).sum(0) / whole, torch.ones_like(whole))
