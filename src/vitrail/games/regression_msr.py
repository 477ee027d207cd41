"""Regression-adjusted Shapley values: a regression, made free of bias by all the coalitions that were evaluated."""

from vitrail.games.adjusted import Sum, adjusted, least_budget, seen
from vitrail.games.estimate import Estimate, Game, check_budget, ends, played, single
from vitrail.games.gaussian import covariance, smooth_part, white_part

SHAPLEY = Sum(covariance, smooth_part, white_part)


def regression_msr(game: Game, players: int, budget: int, seed: int) -> Estimate:
    """The Shapley values of a regression, and of what it leaves, estimated by maximum sample reuse [1].

        phi = phi(f) + mean over folds of  sum over S of  w(S) (g(S) - f(S)) / p(S)

    with g the odd part of the game and f a regression on the other folds. Every coalition counts for every player.
    Unbiased; exact with all coalitions. Adds up to v(all) - v(none) by itself, as f does: the weights of
    every other coalition add up to 0 over players.

    [1] Witter, Liu, Musco, "Regression-adjusted Monte Carlo Estimators for Shapley Values and Probabilistic Values",
    2025
    """
    if players == 1:
        check_budget("regression-msr", budget, 2, 1)
        return single(played(game, ends(1), 2)[1])
    check_budget("regression-msr", budget, least_budget(players), players)
    found = seen(game, players, budget, seed)
    values, error = adjusted(found, found.odd, found.whole / 2, SHAPLEY)
    return Estimate(values, error, found.none, found.coalitions)
