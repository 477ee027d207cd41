"""Numbers that are linear in the worths of coalitions, for many games at once."""

from math import factorial

import torch
from torch import Tensor


def applied(matrix: Tensor, worth: Tensor) -> Tensor:
    """matrix (n, shares), worth (n, games) -> (games, shares): each game's worths times the matrix.

    Game by game, each from memory of its own, so that a game gets the same bytes alone and beside others: how numbers
    are summed up depends on how many columns there are, and on where in memory they begin.
    """
    matrix = matrix.T.contiguous()
    return torch.stack([matrix @ each.clone() for each in worth.T])


def joining(players: int) -> Tensor:
    """(players,) how likely it is that exactly k others come before a player, and that these are k given ones."""
    return torch.tensor(
        [factorial(k) * factorial(players - 1 - k) / factorial(players) for k in range(players)], dtype=torch.float64
    )
