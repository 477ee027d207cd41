"""A Gaussian process over the odd part of games: which players interact is learnt from the coalitions seen.

A coalition S is written as signs s in {-1, 1}^players. The covariance of g(S) and g(T) is the odd part of a product,

    k(s, t) = scale * ((prod_j (1 + r_j s_j t_j) - prod_j (1 - r_j s_j t_j)) / 2 prod_j (1 + r_j) + noise [s = t])

so that an interaction of players A has the prior variance prod_{j in A} r_j: players with a small r_j interact little.
What the product cannot say is white noise over the coalitions: part of the game, not an error of measurement.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from vitrail.games.linear import joining

SEEN = 160  #: coalitions from which r is learnt: more cost much and add little
ITERATIONS = 15
TOGETHER, SPREAD = 2.5, 3.0  #: the sum of r before anything is seen, and the standard deviation of their logits
STRONGEST = 0.98  #: r_j stays below
LEAST = 1e-10  #: noise, as a share of the scale: keeps the factorisation sound
NOISES = (1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1)


@dataclass(frozen=True, eq=False)
class Process:
    """The process given what was seen.

    signs   (n, players) the coalitions seen
    r       (players,)
    noise   as a share of the scale
    factor  (n, n) lower Cholesky factor of the covariance, without the scale
    alpha   (n,) the covariance's inverse on the worths seen
    scale   of the covariance
    """

    signs: Tensor
    r: Tensor
    noise: float
    factor: Tensor
    alpha: Tensor
    scale: float

    def shapley(self) -> tuple[Tensor, Tensor]:
        """(players,) posterior mean and standard deviation of the Shapley values."""
        across = smooth_part(self.signs, self.r) + self.noise * white_part(self.signs)  # (n, players)
        known = torch.linalg.solve_triangular(self.factor, across, upper=False).square().sum(0)
        prior = prior_variance(self.r) + self.noise * white_variance(len(self.r))
        return self.alpha @ across, (self.scale * (prior - known).clamp(min=0)).sqrt()


def covariance(s: Tensor, t: Tensor, r: Tensor) -> Tensor:
    """(n, m) the odd product, 1/2 at most."""
    more, less = torch.log1p(r), torch.log1p(-r)
    middle = ((less - more) / 2).sum()
    along = s @ (((more - less) / 2)[:, None] * t.T)
    return (torch.exp(middle + along) - torch.exp(middle - along)) / 2


def conditioned(signs: Tensor, worth: Tensor) -> Process:
    """The process that makes the worths most likely: r from the first coalitions, the noise from all.

    Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006, equation 5.8; the scale is put in at its own
    optimum.
    """
    r = _learnt(signs[:SEEN], worth[:SEEN])
    smooth = covariance(signs, signs, r)
    tried = [_given(signs, worth, r, smooth, noise) for noise in NOISES]
    return min(tried, key=_unlikely)


def _given(signs: Tensor, worth: Tensor, r: Tensor, smooth: Tensor, noise: float) -> Process:
    factor = torch.linalg.cholesky(smooth + noise * torch.eye(len(signs), dtype=worth.dtype))
    alpha = torch.cholesky_solve(worth[:, None], factor)[:, 0]
    return Process(signs, r, noise, factor, alpha, float(worth @ alpha) / len(worth))


def _unlikely(process: Process) -> float:
    """The negative logarithm of the likelihood, the scale at its optimum, without constants."""
    return 0.5 * len(process.alpha) * float(np.log(process.scale)) + float(process.factor.diagonal().log().sum())


def _learnt(signs: Tensor, worth: Tensor) -> Tensor:
    players = signs.shape[1]
    middle = float(torch.logit(torch.tensor(min(TOGETHER / players, 0.5))))

    def loss(at: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, object]:
        point = torch.tensor(at, requires_grad=True)
        with torch.enable_grad():
            noise = point[players].exp() * torch.eye(len(signs), dtype=worth.dtype)
            factor = torch.linalg.cholesky(covariance(signs, signs, _strengths(point[:players])) + noise)
            solved = torch.linalg.solve_triangular(factor, worth[:, None], upper=False)
            likely = 0.5 * len(signs) * solved.square().mean().log() + factor.diagonal().log().sum()
            value = likely + 0.5 * ((point[:players] - middle) / SPREAD).square().sum()
            value.backward()
        assert point.grad is not None
        return value.item(), point.grad.numpy()

    start = np.r_[np.full(players, middle), np.log(1e-4)]
    bounds = [(-8.0, 6.0)] * players + [(float(np.log(LEAST)), 0.0)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": ITERATIONS})
    return _strengths(torch.tensor(found.x[:players]))


def _strengths(point: Tensor) -> Tensor:
    return STRONGEST * torch.sigmoid(point)


# -- Shapley values of what the process is made of -----------------------------------------------------------


def nodes(players: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on [-1, 1], exact for the polynomials that a product of players makes."""
    at, weights = np.polynomial.legendre.leggauss(players // 2 + 1)
    return torch.tensor(at), torch.tensor(weights)


def smooth_part(signs: Tensor, r: Tensor) -> Tensor:
    """(n, players) the Shapley values of S -> k(s, t) for each t: along the diagonal of its multilinear extension [1].

        phi_i = integral from -1 to 1 of  r_i t_i prod_{j != i} (1 + r_j t_j m) dm

    The even part of the product has none: it falls out of the integral.

    [1] Owen, "Multilinear Extensions of Games", 1972, section 3
    """
    total = torch.zeros_like(signs)
    for m, weight in zip(*nodes(len(r)), strict=True):
        total += weight * r * signs * _others(1 + r * signs * m)
    return total / (1 + r).prod()


def prior_variance(r: Tensor) -> Tensor:
    """(players,) of the Shapley values under the product: the same integral over both arguments."""
    at, weights = nodes(len(r))
    factors = 1 + r * (at[:, None] * at)[..., None]  # (nodes, nodes, players)
    both = weights[:, None] * weights
    return r * (both[..., None] * _others(factors)).sum((0, 1)) / (1 + r).prod()


def _others(factors: Tensor) -> Tensor:
    """The product over all players but each; factors stay away from 0, since r < 1."""
    return factors.prod(-1, keepdim=True) / factors


def white_part(signs: Tensor) -> Tensor:
    """(n, players) the Shapley values of the game that is 1 at S, -1 at its complement and 0 elsewhere."""
    players = signs.shape[1]
    weight = 2 * joining(players)
    inside = (signs > 0).sum(1)
    joins, stays = weight[(inside - 1).clamp(min=0)], weight[inside.clamp(max=players - 1)]
    return torch.where(signs > 0, joins[:, None], -stays[:, None])


def white_variance(players: int) -> float:
    """Of each Shapley value of a game of independent worths of variance 1, one for each pair of coalitions."""
    return sum(comb(players - 1, k) * (2 * float(each)) ** 2 for k, each in enumerate(joining(players)))
