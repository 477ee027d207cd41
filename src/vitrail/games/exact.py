"""Shapley values by enumeration: every coalition is evaluated once."""

import torch
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.games.estimate import Estimate, Game, ends, played, single
from vitrail.games.linear import applied, joining

MOST = 30  #: players
AT_ONCE, LARGEST = 2**22, 2**16  #: worths, and coalitions, that are held at a time


def exact_shapley(game: Game, players: int) -> Estimate:
    """The definition [1], over all 2 ** players coalitions, in blocks.

        phi_i = sum over S without i of  |S|! (players - |S| - 1)! / players!  (v(S and i) - v(S))

    Raises BadSetting for 2^31 coalitions or more, KeyboardInterrupt after Ctrl-C: of some of them nothing is known.

    [1] Shapley, "A Value for n-Person Games", 1953, equation 12
    """
    check_players(players)
    _, first = played(game, ends(players), 2)
    if players == 1:
        return single(first)
    none, values = first[0], (first[1] - first[0])[:, None].expand(-1, players) / players
    block = max(1, min(AT_ONCE // len(none), LARGEST))
    for start in range(1, 2**players - 1, block):
        inside = coalitions_of(torch.arange(start, min(start + block, 2**players - 1)), players)
        _, worth = played(game, inside, len(inside))
        values = values + applied(shapley_weights(inside), worth - none)
    return Estimate(values, torch.zeros_like(values), none, 2**players)


def check_players(players: int) -> None:
    """Raises BadSetting where there are too many coalitions to evaluate them all."""
    if players > MOST:
        raise BadSetting(
            f"exact-shapley: {players} players form 2^{players} = {2**players} coalitions. Fewer than 2^31 were "
            "expected, and about 20 players at most for an answer within minutes. Take fewer players (larger "
            "patches, groups of columns), or estimate: 'odd-shap' or 'kernel-shap'.",
            players=players,
        )


def coalitions_of(codes: Tensor, players: int) -> Tensor:
    """(n, players) bool: player i is there where bit i of the code is set."""
    return (codes[:, None] >> torch.arange(players) & 1).bool()


def shapley_weights(inside: Tensor) -> Tensor:
    """(n, players) what the worth of each coalition counts in the Shapley value of each player."""
    players = inside.shape[1]
    size, weight = inside.sum(1), joining(players)
    joins, stays = weight[(size - 1).clamp(min=0)], weight[size.clamp(max=players - 1)]
    return torch.where(inside, joins[:, None], -stays[:, None])
