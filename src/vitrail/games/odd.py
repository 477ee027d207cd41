"""Shapley values from the odd part of a game alone: pairs of coalitions, and a Gaussian process through them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from vitrail.games.estimate import Estimate, Game, check_budget, ends, played
from vitrail.games.gaussian import conditioned, white_part
from vitrail.games.sampling import all_pairs, pairs

LEAST = 4  #: evaluations: the two ends and one pair


def odd_shap(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """The Shapley values of the odd part of the game, learnt from pairs of a coalition and its complement.

        g(S) = (v(S) - v(complement of S)) / 2        has the same Shapley values as v      [1]

    g is learnt by a Gaussian process [2] that finds out which players interact; where every pair is evaluated nothing
    is learnt and the values are exact. Adds up to v(all) - v(none), since the pair of these two is among those seen.

    [1] Fumagalli, Butler, Kang, Ramchandran, Witter, "An Odd Estimator for Shapley Values", 2026
    [2] Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006
    """
    check_budget("odd-shap", budget, min(LEAST, 2**players), players)
    chosen = pairs(players, (budget - 2) // 2, torch.Generator().manual_seed(seed))
    asked = torch.stack([chosen, ~chosen], 1).reshape(-1, players)
    seen, worth = played(game, torch.cat([ends(players), asked]), min(LEAST, 2**players))
    count = len(seen) // 2
    odd = (worth[1 : 2 * count : 2] - worth[0 : 2 * count : 2]) / 2  # (pairs, games), the first that of the ends
    odd[1:] *= -1  # the ends came the other way round
    signs = torch.cat([torch.ones(1, players), 2.0 * seen[2 : 2 * count : 2] - 1]).double()
    if count == all_pairs(players) + 1:
        values = odd.T @ white_part(signs)
        return Estimate(values, torch.zeros_like(values), worth[0], 2 * count)
    with on_one_thread():
        shares, errors = zip(*(_learnt(signs, each) for each in odd.T), strict=True)
    return Estimate(torch.stack(shares), torch.stack(errors), worth[0], 2 * count)


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Matrices of a few hundred rows are slower on several threads, which spend their time waiting for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _learnt(signs: Tensor, odd: Tensor) -> tuple[Tensor, Tensor]:
    """(players,) values and their standard errors; all zero for a game that is."""
    size = odd.square().mean().sqrt()
    if not bool(size > 0):
        return torch.zeros_like(signs[0]) * size, torch.zeros_like(signs[0]) * size
    values, error = conditioned(signs, odd / size).shapley()
    return values * size, error * size
