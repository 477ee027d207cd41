"""Total-order Sobol indices: how much of a game's variance each player has a part in."""

import torch
from scipy.stats import qmc
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.games.estimate import Estimate, Game, check_budget, played

MOST = qmc.Sobol.MAXDIM // 2  #: players


def sobol(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """Jansen's estimator [1] on a scrambled Sobol sequence, players + 2 evaluations for each of its points [2].

        T_i = mean over j of (v(A_j) - v(A_j with player i as in B_j))^2 / (2 variance of v)

    How far each player is there is drawn evenly from [0, 1], so the game must take players that are there in part.
    Points that are spread evenly are more alike than independent ones: the standard error is on the safe side.

    checks    variance (games,) of the worth

    [1] Jansen, "Analysis of variance designs for model output", 1999
    [2] Fel, Cadene, Chalvidal, Cord, Vigouroux, Serre, "Look at the Variance! Efficient Black-box Explanations with
        Sobol-based Sensitivity Analysis", 2021, equation 5
    """
    cost = players + 2
    check_budget("sobol", budget, 2 * cost, players)
    check_players(players)
    points = design(players, budget // cost, seed)
    _, worth = played(game, points.reshape(-1, players), 2 * cost)
    count = len(worth) // cost
    worth = worth[: count * cost].reshape(count, cost, -1)
    first, second, mixed = worth[:, 0], worth[:, 1], worth[:, 2:]
    both = torch.cat([first, second])
    variance = both.var(0)
    apart = (first[:, None] - mixed).square() / 2  # (points, players, games)
    safe = torch.where(variance > (1e-12 * both.abs().amax(0)).square(), variance, torch.inf)
    values = apart.mean(0) / safe
    own = torch.stack([first, second]).sub(both.mean(0)).square().mean(0)
    away = (apart - values * own[:, None]) / safe  # what each point does to the ratio
    error = away.std(0) / count**0.5
    return Estimate(values.T, error.T, both.mean(0), count * cost, {"variance": variance})


def check_players(players: int) -> None:
    """Raises BadSetting where there are more players than Sobol sequences have dimensions for."""
    if players > MOST:
        raise BadSetting(
            f"sobol: there are {players} players. At most {MOST} were expected. Take fewer: larger patches.",
            players=players,
        )


def design(players: int, count: int, seed: int) -> Tensor:
    """(count, players + 2, players) in [0, 1]: of each point A, B, and A with one player after the other as in B."""
    sequence = qmc.Sobol(2 * players, rng=seed).random_base2(max(0, (count - 1).bit_length()))[:count]
    a, b = torch.as_tensor(sequence).reshape(count, 2, 1, players).unbind(1)
    mixed = torch.where(torch.eye(players, dtype=torch.bool), b, a)
    return torch.cat([a, b, mixed], 1)
