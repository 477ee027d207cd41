"""Pairwise interactions: what two players add together beyond what each adds alone."""

from typing import Literal

import torch
from torch import Tensor

from vitrail.games.adjusted import Seen, Sum, adjusted, least_budget, seen
from vitrail.games.estimate import Estimate, Game, check_budget, ends, played, single
from vitrail.games.gaussian import nodes
from vitrail.games.linear import joining
from vitrail.games.regression_msr import SHAPLEY

Index = Literal["k-sii", "sii", "banzhaf"]


def interactions(game: Game, players: int, budget: int, seed: int, index: Index) -> Estimate:
    """The Shapley interaction index [1], its version that adds up [2], or Banzhaf's [1], of all pairs.

        I_ij = sum over S without i, j of  p(|S|) (v(S, i, j) - v(S, i) - v(S, j) + v(S))

    with p(s) = s! (players - s - 2)! / (players - 1)!, for Banzhaf 1 / 2^(players - 2). I_ij stands at both of its
    places, and the diagonal holds the Shapley values ("sii") or the Banzhaf values ("banzhaf"). For "k-sii" each place
    holds half of I_ij, and the diagonal the Shapley values less these: a row adds up to the player's Shapley value, and
    everything to v(all) - v(none).

    Every evaluation counts for every pair, as in `regression_msr`: single players are in the odd part of a game, pairs
    in its even part. Unbiased; exact with all coalitions.

    [1] Grabisch, Roubens, "An axiomatic approach to the concept of interaction among players in cooperative games",
    1999
    [2] Bordt, von Luxburg, "From Shapley Values to Generalized Additive Models and back", 2023
    """
    if players == 1:
        check_budget("shapley-interactions", budget, 2, 1)
        alone = single(played(game, ends(1), 2)[1])
        return Estimate(alone.values[..., None], alone.error[..., None], alone.none, alone.coalitions)
    check_budget("shapley-interactions", budget, least_budget(players), players)
    found = seen(game, players, budget, seed)
    values, error = _matrix(found, index)
    return Estimate(values, error, found.none, found.coalitions)


def _matrix(seen: Seen, index: Index) -> tuple[Tensor, Tensor]:
    """(values, standard errors), each (games, players, players)."""
    alone, error = adjusted(seen, seen.odd, seen.whole / 2, BANZHAF if index == "banzhaf" else SHAPLEY)
    # a constant has no interactions: without the worth of the ends huge ones take no digits
    worth, nothing = seen.even - seen.whole / 2, torch.zeros_like(seen.whole)
    pairs, pairs_error = adjusted(seen, worth, nothing, BANZHAF_PAIRS if index == "banzhaf" else SHAPLEY_PAIRS)
    if index == "k-sii":
        pairs, pairs_error = pairs / 2, pairs_error / 2
        players = alone.shape[1]
        alone = alone - pairs[:, -players:]
        error = (error.square() + pairs_error[:, -players:].square()).sqrt()
    return _square(pairs, alone), _square(pairs_error, error)


def _square(pairs: Tensor, diagonal: Tensor) -> Tensor:
    """(games, players, players) from what `_once` made, without its row sums, and the diagonal (games, players)."""
    players = diagonal.shape[1]
    square = torch.diag_embed(diagonal)
    i, j = torch.triu_indices(players, players, 1)
    square[:, i, j] = square[:, j, i] = pairs[:, :-players]
    return square


# -- what interactions are as sums over pairs of coalitions --------------------------------------------------


def _once(square: Tensor) -> Tensor:
    """square (m, players, players) -> (m, pairs + players): every pair once, then what each has with all others."""
    players = square.shape[1]
    i, j = torch.triu_indices(players, players, 1)
    off = square - torch.diag_embed(square.diagonal(dim1=1, dim2=2))
    return torch.cat([off[:, i, j], off.sum(2)], 1)


def even(s: Tensor, t: Tensor, r: Tensor) -> Tensor:
    """(n, m) the even part of prod_j (1 + r_j s_j t_j) / (1 + r_j)."""
    more, less = torch.log1p(r), torch.log1p(-r)
    middle = ((less - more) / 2).sum()
    along = s @ (((more - less) / 2)[:, None] * t.T)
    return (torch.exp(middle + along) + torch.exp(middle - along)) / 2


def _known(signs: Tensor, r: Tensor, at: Tensor, weights: Tensor) -> Tensor:
    """Second differences of the games S -> even(s, t), at places along the diagonal of their multilinear extension [1].

        4 r_i t_i r_j t_j prod_{k not i, j} (1 + r_k t_k m),    its mean over m with these weights

    [1] Owen, "Multilinear Extensions of Games", 1972
    """
    tilted = r * signs
    total = torch.zeros(len(signs), len(r), len(r), dtype=signs.dtype)
    for m, weight in zip(at, weights, strict=True):
        factors = 1 + tilted * m
        slopes = tilted / factors
        total += 4 * weight * factors.prod(1)[:, None, None] * slopes[:, :, None] * slopes[:, None]
    return _once(total / (1 + r).prod())


def shapley_known(signs: Tensor, r: Tensor) -> Tensor:
    at, weights = nodes(len(r))
    return _known(signs, r, at, weights / 2)


def banzhaf_known(signs: Tensor, r: Tensor) -> Tensor:
    return _known(signs, r, torch.zeros(1), torch.ones(1))


def _weighted(signs: Tensor, weight: Tensor) -> Tensor:
    """What pairs of coalitions count. weight (players - 1,): of those second differences that have s others there."""
    inside = signs > 0
    others = inside.sum(1)[:, None, None] - (inside[:, :, None].long() + inside[:, None])
    found = 2 * weight[others.clamp(0, signs.shape[1] - 2)]  # a coalition and its complement count alike
    return _once(torch.where(inside[:, :, None] == inside[:, None], found, -found))


def shapley_weights(signs: Tensor) -> Tensor:
    return _weighted(signs, joining(signs.shape[1] - 1))


def banzhaf_weights(signs: Tensor) -> Tensor:
    players = signs.shape[1]
    return _weighted(signs, torch.full((players - 1,), 0.5 ** (players - 2), dtype=torch.float64))


def banzhaf_alone(signs: Tensor) -> Tensor:
    return signs * 0.5 ** (signs.shape[1] - 2)


SHAPLEY_PAIRS = Sum(even, shapley_known, shapley_weights)
BANZHAF_PAIRS = Sum(even, banzhaf_known, banzhaf_weights)
BANZHAF = Sum(SHAPLEY.kernel, lambda signs, r: 2 * r * signs / (1 + r).prod(), banzhaf_alone)
