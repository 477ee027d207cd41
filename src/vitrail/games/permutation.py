"""Shapley values along random orders, each walked forwards and backwards."""

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget, ends, played, single


def permutation_shap(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """Mean marginal contributions along antithetic pairs of orders [1, 2]; 2 (players - 1) evaluations for each pair.

        phi_i = mean over orders of  v(those before i, and i) - v(those before i)

    Unbiased; adds up to v(all) - v(none) for any number of orders.

    [1] Castro, Gomez, Tejada, "Polynomial calculation of the Shapley value based on sampling", 2009
    [2] Mitchell, Cooper, Frank, Holmes, "Sampling Permutations for Shapley Value Estimation", 2022, section 3.2
    """
    check_budget("permutation-shap", budget, 2 * players, players)
    if players == 1:
        return single(played(game, ends(1), 2)[1])
    cost = 2 * (players - 1)
    orders = _orders((budget - 2) // cost, players, seed)
    rank = torch.cat([orders, orders.flip(2)], 1).argsort(2)  # (pairs, 2, players): the place of each player
    inside = rank[:, :, None] < torch.arange(1, players)[None, None, :, None]
    _, worth = played(game, torch.cat([ends(players), inside.reshape(-1, players)]), 2 + cost)
    pairs = (len(worth) - 2) // cost
    shares = _shares(worth, rank[:pairs]).mean(1)  # (pairs, players, games)
    error = shares.std(0) / pairs**0.5 if pairs > 1 else torch.full_like(shares[0], torch.nan)
    return Estimate(shares.mean(0).T, error.T, worth[0], 2 + pairs * cost)


def _orders(pairs: int, players: int, seed: int) -> Tensor:
    """(pairs, 1, players) random orders."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(pairs, 1, players, generator=generator, dtype=torch.float64).argsort(2)


def _shares(worth: Tensor, rank: Tensor) -> Tensor:
    """(pairs, 2, players, games) what each player adds where it comes in."""
    pairs, _, players = rank.shape
    inner = worth[2 : 2 + pairs * 2 * (players - 1)].reshape(pairs, 2, players - 1, -1)
    none, everybody = (end.expand(pairs, 2, 1, -1) for end in worth[:2])
    steps = torch.cat([none, inner, everybody], 2).diff(dim=2)
    return steps.gather(2, rank[..., None].expand_as(steps))
