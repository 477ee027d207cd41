"""Conditional fill for tables: what is absent is drawn as a Gaussian background says, given what is there."""

from dataclasses import dataclass
from functools import cached_property

import torch
from scipy.special import ndtri
from scipy.stats import qmc
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Baseline, Given

DRAWS = 32  #: points for each coalition, in antithetic pairs
AT_ONCE = 2**22  #: numbers in the matrices that are held at a time
SINGULAR = 1e-6  #: the least eigenvalue that correlations must have
WAY_ON = "Use fill='baseline', which takes the background's rows as they are"


@dataclass(frozen=True, eq=False)
class Conditional:
    """Draws from the normal distribution of the background, given the columns that are there [1].

        x_A = mu_A + z_A + C_AS C_SS^-1 (x_S - mu_S - z_S),   z ~ N(0, C)

    is distributed as x_A given x_S [2]. The same z serve every coalition and every example, and come in pairs z, -z:
    the mean over all draws is E[x_A | x_S] exactly.

    x       (batch, feature) continuous numbers
    mean    (feature,) mu
    spread  (feature, feature) C
    draws   (count, feature) z

    [1] Aas, Jullum, Loland, "Explaining individual predictions when features are dependent: More accurate
        approximations to Shapley values", 2021, section 3.1
    [2] Hoffman, Ribak, "Constrained realizations of Gaussian fields: A simple algorithm", 1991
    """

    x: Tensor
    mean: Tensor
    spread: Tensor
    draws: Tensor

    @property
    def count(self) -> int:
        return len(self.draws)

    def __call__(self, rows: Tensor, which: Tensor, here: Tensor) -> Tensor:
        if here.dtype != torch.bool:
            raise BadSetting(
                "fill='conditional' was asked for players that are there in part. A player that is there or not was "
                "expected. Use fill='baseline'."
            )
        x, drawn = self.x[rows].double(), self.mean + self.draws[which]
        different, runs = torch.unique_consecutive(here, dim=0, return_counts=True)
        missed = torch.split(torch.where(here, x - drawn, 0.0), runs.tolist())
        parts = torch.split(different, max(1, AT_ONCE // x.shape[1] ** 2))
        gains = (gain for some in parts for gain in self._gains(some))
        steps = [part @ gain for part, gain in zip(missed, gains, strict=True)]
        return torch.where(here, self.x[rows], (drawn + torch.cat(steps)).to(self.x))

    def _gains(self, here: Tensor) -> Tensor:
        """(n, feature, feature) C_SS^-1 C_S for each set of columns; the rows of absent ones meet nothing but zeros."""
        both = here[:, :, None] & here[:, None, :]
        inner = torch.where(both, self.spread, torch.eye(len(self.mean)).to(self.spread))
        return torch.cholesky_solve(self.spread.expand_as(inner), torch.linalg.cholesky(inner))


@dataclass(frozen=True, eq=False)
class Background:
    """The normal distribution of rows (count, feature), in float64.

    Correlations are shrunk towards none by the share that is best on average [1]; variances stay.

    [1] Schafer, Strimmer, "A Shrinkage Approach to Large-Scale Covariance Matrix Estimation and Implications for
        Functional Genomics", 2005, target D
    """

    rows: Tensor

    @cached_property
    def scaled(self) -> Tensor:
        """(count, feature) of mean 0 and variance 1."""
        return (self.rows - self.rows.mean(0)) / self.rows.std(0)

    @cached_property
    def shrinkage(self) -> float:
        """The share of independence that correlations are mixed with: the sum of their variances over their squares."""
        count = len(self.rows)
        square = self.scaled.square()
        mean = self.scaled.T @ self.scaled / count
        variance = (square.T @ square / count - mean.square()) * count**2 / (count - 1) ** 3
        off = ~torch.eye(len(mean), dtype=torch.bool, device=mean.device)
        known = float(self.correlation[off].square().sum())
        return min(1.0, float(variance[off].sum()) / known) if known > 0 else 0.0

    @cached_property
    def correlation(self) -> Tensor:
        """(feature, feature) as it is."""
        return self.scaled.T @ self.scaled / (len(self.rows) - 1)

    @property
    def spread(self) -> Tensor:
        """(feature, feature) the covariance, its correlations shrunk."""
        deviation, one = self.rows.std(0), torch.eye(self.rows.shape[1]).to(self.rows)
        return deviation[:, None] * torch.lerp(self.correlation, one, self.shrinkage) * deviation

    def draws(self, count: int) -> Tensor:
        """(count, feature) of mean 0 in antithetic pairs, evenly spread: the same every time."""
        even = qmc.Sobol(self.rows.shape[1], rng=0).random(count // 2)
        half = torch.as_tensor(ndtri(even)).to(self.rows) @ torch.linalg.cholesky(self.spread).T
        return torch.stack([half, -half], 1).flatten(0, 1)


def conditional(baseline: Baseline, x: Tensor, axes: tuple[str, ...]) -> Conditional:
    """The fill for a table and a background of examples.

    Raises BadSetting where the conditional distribution cannot be estimated.
    """
    if axes != ("batch", "feature"):
        raise BadSetting(
            f"fill='conditional' needs a table; x has the axes {axes}. Columns of continuous numbers were expected. "
            "Use fill='baseline', or 'inpaint' for pictures."
        )
    if not isinstance(baseline, Given):
        raise BadSetting(
            f"fill='conditional' needs a background to learn from; the baseline is {baseline.as_json()!r}. Several "
            f"examples (count, {x.shape[1]}) were expected. Pass rows of the training table: baseline=table[:500]."
        )
    (rows,) = baseline(x[:1], axes).unbind(1)
    background = Background(rows.double())
    check(background)
    return Conditional(x, background.rows.mean(0), background.spread, background.draws(DRAWS))


def check(background: Background) -> None:
    """Raises BadSetting for too few rows, and for columns that are no continuous numbers or depend on one another."""
    count, width = background.rows.shape
    if not bool(background.rows.isfinite().all()):
        raise BadSetting(
            "fill='conditional': the background holds missing values. Finite numbers were expected. Drop such rows. "
            f"{WAY_ON}."
        )
    if count < max(width + 2, 4):
        raise BadSetting(
            f"fill='conditional': the background has {count} row{'s' * (count != 1)} of {width} columns. At least "
            f"{max(width + 2, 4)} were expected, so that it says how columns go together. {WAY_ON}, or give more."
        )
    different = [len(set(column)) for column in background.rows.T.tolist()]
    few = [i for i, held in enumerate(different) if held < 3]
    if few:
        raise BadSetting(
            f"fill='conditional': column {few[0]} holds {different[few[0]]} different "
            f"value{'s' * (different[few[0]] > 1)} in the background ({len(few)} of {width} columns are like that). "
            f"Continuous numbers were expected, no constants and no categories. {WAY_ON}."
        )
    if float(torch.linalg.eigvalsh(background.correlation)[0]) < SINGULAR:
        raise BadSetting(
            "fill='conditional': columns of the background determine one another. Columns that each say something of "
            f"their own were expected. Drop those that follow from others. {WAY_ON}."
        )
