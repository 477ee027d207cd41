"""A ridge regression on all products of signs, whose Shapley values and interactions are known in closed form.

A coalition S is written as signs s in {-1, 1}^players. The regression's kernel is the odd or the even part of

    k(s, t) = prod_j (1 + r s_j t_j) / (1 + r)^players

so that a product of q players counts r^q. Kernels do not depend on the games: many games cost one decomposition. r and
the ridge are, for each game, those that make what was seen most likely.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.games.linear import applied

STRENGTHS = (0.001, 0.03, 0.1, 0.3, 0.6)  #: r
RIDGES = (1e-9, 1e-6, 1e-4, 1e-2, 1e-1, 1.0)  #: as shares of the kernel's largest eigenvalue

Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]  #: signs (n, players), (m, players), r (players,) -> (n, m)
Shares = Callable[[Tensor, Tensor], Tensor]  #: (m, players), r -> (m, shares): those of the games S -> k(s, t)


@dataclass(frozen=True, eq=False)
class Surrogate:
    """What regressions on some of these coalitions are made of, for every strength.

    kernels  (m, m) each
    known    (m, shares) each: the Shapley values, or interactions, of the games S -> kernel(s, t)
    """

    kernels: Sequence[Tensor]
    known: Sequence[Tensor]

    def fitted(self, worth: Tensor, on: Tensor) -> tuple[Tensor, Tensor]:
        """worth (m, games), on (m,) bool: for each game a regression on those, (games, m) what it says, and its shares.

        Only the worths that it is fitted to are read.
        """
        tried = [_ridge(kernel[on][:, on], worth[on]) for kernel in self.kernels]
        chosen = torch.stack([unlikely for unlikely, _ in tried]).argmin(0)  # (games,)
        said, shares = torch.zeros_like(worth.T), worth.new_zeros(worth.shape[1], self.known[0].shape[1])
        for i in chosen.unique().tolist():  # type: ignore[no-untyped-call]
            games = chosen == i
            alpha = tried[i][1][:, games]
            said[games], shares[games] = applied(self.kernels[i][on], alpha), applied(self.known[i][on], alpha)
        return said, shares


def surrogate(signs: Tensor, kernel: Kernel, known: Shares) -> Surrogate:
    """signs (m, players): the coalitions; every player has the same strength."""
    strengths = [torch.full((signs.shape[1],), r, dtype=torch.float64) for r in STRENGTHS]
    return Surrogate([kernel(signs, signs, r) for r in strengths], [known(signs, r) for r in strengths])


def _ridge(kernel: Tensor, worth: Tensor) -> tuple[Tensor, Tensor]:
    """(games,) how unlikely each game is, (n, games) its coefficients, with its most likely ridge.

    The negative logarithm of the likelihood, the scale at its optimum, without constants.
    """
    values, vectors = torch.linalg.eigh(kernel)
    values = values.clamp(min=0)
    turned = applied(vectors, worth)  # (games, n)
    spectra = values[:, None] + values[-1] * torch.tensor(RIDGES, dtype=torch.float64)  # (n, ridges)
    unlikely = len(worth) / 2 * applied(1 / spectra, turned.square().T).log() + spectra.log().sum(0) / 2
    best = unlikely.argmin(1)
    return unlikely.gather(1, best[:, None])[:, 0], applied(vectors.T, (turned / spectra.T[best]).T).T
