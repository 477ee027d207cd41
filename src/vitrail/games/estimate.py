"""What an estimator gives: shares with their standard errors, and what they cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vitrail.errors import BadSetting

#: coalitions (n, players) bool -> worth (n,), or (n, games) for games that are played on the same coalitions.
#: An interrupted game gives the worth of the first coalitions only, and may then be asked no more.
Game = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Shares of games that were played on the same coalitions.

    values      (games, players), or (games, players, players) for interactions
    error       shaped like values: the standard error; 0 where nothing was estimated, NaN where it is not known
    none        (games,) the worth of the empty coalition
    coalitions  how many were evaluated
    checks      what the estimator measured besides; numbers, texts, or tensors (games, ...)
    """

    values: Tensor
    error: Tensor
    none: Tensor
    coalitions: int
    checks: Mapping[str, Any] = field(default_factory=dict)


def played(game: Game, coalitions: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """(coalitions, worth (n, games) in float64): those that were evaluated before somebody pressed Ctrl-C.

    Raises KeyboardInterrupt when there are fewer than `least`: nothing can be said then.
    """
    worth = game(coalitions)
    if len(worth) < least:
        raise KeyboardInterrupt
    return coalitions[: len(worth)], worth.reshape(len(worth), -1).double()


def ends(players: int) -> Tensor:
    """(2, players) the empty and the grand coalition: what every estimator begins with."""
    return torch.tensor([[False], [True]]).expand(2, players)


def check_budget(name: str, budget: int, least: int, players: int) -> None:
    """Raises BadSetting for a budget that is too small for the players."""
    if budget < least:
        raise BadSetting(
            f"{name}: budget={budget} is too small for {players} players. At least {least} evaluations were expected. "
            f"Raise the budget to {least} or more, or take fewer players.",
            setting="budget",
            value=budget,
        )


def single(worth: Tensor) -> Estimate:
    """The one player there is gets everything. worth: (2, games) without and with it."""
    values = (worth[1] - worth[0])[:, None]
    return Estimate(values, torch.zeros_like(values), worth[0], 2)
