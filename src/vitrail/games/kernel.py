"""Kernel SHAP: Shapley values as a weighted regression on pairs of coalitions, solved once for all games."""

from bisect import bisect_left

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget, ends, played, single
from vitrail.games.linear import applied
from vitrail.games.sampling import half_sizes, pairs, size_weights

DRAWS = 1000  #: attempts to draw pairs that determine all values
FREE = 1e-9  #: a pair whose leverage is nearer to 1 is fitted exactly, and tells nothing about the error


def kernel_shap(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """The regression whose solution over all coalitions is the Shapley value [1], on leverage-weighted pairs [2].

        min over phi of  sum over pairs of  w (g(S) - sum_i s_i phi_i / 2)^2,    sum_i phi_i = v(all) - v(none)

    with s_i = 1 for members of S and -1 for others, and g(S) half of what S is worth more than its complement. No pair
    comes twice; small sizes are exhausted first; with all pairs the values are exact. The constraint holds exactly.

    [1] Lundberg, Lee, "A Unified Approach to Interpreting Model Predictions", 2017, theorem 2
    [2] Musco, Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling", 2025
    """
    check_budget("kernel-shap", budget, 2 * players, players)
    if players == 1:
        return single(played(game, ends(1), 2)[1])
    chosen, least = determining(players, (budget - 2) // 2, seed)
    asked = torch.stack([chosen, ~chosen], 1).reshape(-1, players)
    _, worth = played(game, torch.cat([ends(players), asked]), 2 + 2 * least)
    count = (len(worth) - 2) // 2
    odd = (worth[2 : 2 + 2 * count : 2] - worth[3 : 3 + 2 * count : 2]) / 2
    even = (worth[1] - worth[0])[:, None].expand(-1, players) / players
    values, error = _solved(chosen[:count], odd, even)
    return Estimate(values, error, worth[0], 2 + 2 * count)


def determining(players: int, count: int, seed: int) -> tuple[Tensor, int]:
    """(pairs (count, players), how many of the first determine all values): drawn anew where they do not."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(DRAWS):
        chosen = pairs(players, count, generator)
        centred = _centred(chosen)
        if int(torch.linalg.matrix_rank(centred)) == players - 1:
            break
    return chosen, bisect_left(
        range(len(chosen)), players - 1, key=lambda k: int(torch.linalg.matrix_rank(centred[:k]))
    )


def _centred(chosen: Tensor) -> Tensor:
    """(n, players) half the signs of the members, less their mean: the constraint has taken one direction away."""
    signs = chosen.double() - 0.5
    return signs - signs.mean(1, keepdim=True)


def _solved(chosen: Tensor, odd: Tensor, even: Tensor) -> tuple[Tensor, Tensor]:
    """(values, errors), each (games, players). even (games, players): everybody's equal part."""
    weight = size_weights(chosen)
    centred = _centred(chosen)
    rest = odd - ((chosen.double() - 0.5).sum(1, keepdim=True) * even[:, 0])
    normal = centred.T @ (weight[:, None] * centred) + weight.mean()  # a constant fills the direction taken away
    solver = torch.cholesky_solve((weight[:, None] * centred).T, torch.linalg.cholesky(normal)).T  # (pairs, players)
    solver = solver - solver.mean(1, keepdim=True)
    change = applied(solver, rest)
    left = rest - applied(centred.T, change.T).T
    values = even + change
    return values + (even.sum(1) - values.sum(1))[:, None] / values.shape[1], _errors(chosen, solver, centred, left)


def _errors(chosen: Tensor, solver: Tensor, centred: Tensor, left: Tensor) -> Tensor:
    """(games, players) by the sandwich for draws without replacement from each size; NaN where nothing is left over.

    left    (pairs, games) what the regression leaves; divided by 1 - leverage, as if each pair were left out [1]

    [1] MacKinnon, White, "Some heteroskedasticity-consistent covariance matrix estimators", 1985: HC3
    """
    leverage = (solver * centred).sum(1)
    unseen, among = unseen_share(chosen)
    if not bool((unseen > 0).any()):
        return torch.zeros(left.shape[1], solver.shape[1], dtype=torch.float64)
    free = torch.where(1 - leverage > FREE, 1 - leverage, torch.nan).masked_fill(unseen == 0, 1)
    return torch.stack([spread(solver * (each / free)[:, None], unseen, among) for each in left.T])


def unseen_share(chosen: Tensor) -> tuple[Tensor, Tensor]:
    """(n,) which share of the coalitions of a size was not drawn; (n,) the size of the smaller half of each pair."""
    players = chosen.shape[1]
    half = torch.minimum(chosen.sum(1), players - chosen.sum(1))
    there = torch.tensor([1.0, *(number for _, number in half_sizes(players))], dtype=torch.float64)
    return (1 - torch.bincount(half, minlength=len(there))[half] / there[half]).clamp(min=0), half


def spread(parts: Tensor, unseen: Tensor, among: Tensor) -> Tensor:
    """(shares,) the standard error of the sum of parts (n, shares), drawn without replacement from each size.

    Of a size with a single draw the mean is not known: zero stands for it.
    """
    count = torch.bincount(among)[among][:, None]
    total = parts.new_zeros(int(among.max()) + 1, parts.shape[1]).index_add_(0, among, parts)
    centre = torch.where(count > 1, total[among] / count, torch.zeros_like(parts))
    factor = torch.where(count > 1, count / (count - 1).clamp(min=1), torch.ones_like(unseen[:, None]))
    return (unseen[:, None] * factor * (parts - centre).square()).sum(0).sqrt()
