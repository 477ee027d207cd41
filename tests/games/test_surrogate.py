"""The ridge regression: what it says, and that its Shapley values are those of what it says."""

import pytest
import torch

from known import by_orders, normal, unanimity
from vitrail.games.exact import coalitions_of
from vitrail.games.gaussian import covariance, smooth_part
from vitrail.games.sampling import pairs
from vitrail.games.surrogate import RIDGES, STRENGTHS, surrogate

close = torch.testing.assert_close
ALL = 2.0 * coalitions_of(torch.arange(32), 5).double() - 1
ON = torch.zeros(32, dtype=torch.bool).scatter(0, torch.tensor([1, 3, 6, 9, 13, 14, 20, 22, 24, 29]), True)
WORTH = normal(32, 3, seed=1)


def fitted(worth, on=ON):
    return surrogate(ALL, covariance, smooth_part).fitted(worth, on)


def most_likely(game):
    """What the most likely regression says of all coalitions: by the density of the worths, its scale at its best."""
    best = None
    y = WORTH[ON, game]
    for strength in STRENGTHS:
        kernel = covariance(ALL, ALL, torch.full((5,), strength, dtype=torch.float64))
        for ridge in RIDGES:
            seen = kernel[ON][:, ON]
            whole = seen + ridge * torch.linalg.eigvalsh(seen)[-1] * torch.eye(10)
            scale = y @ torch.linalg.solve(whole, y) / 10
            density = torch.distributions.MultivariateNormal(torch.zeros(10).double(), scale * whole).log_prob(y)
            if best is None or density > best[0]:
                best = density, kernel[:, ON] @ torch.linalg.solve(whole, y)
    return best[1]


def test_every_game_gets_its_most_likely_strength_and_ridge():
    said, _ = fitted(WORTH)
    for game in range(3):
        close(said[game], most_likely(game))


def test_its_shapley_values_are_those_of_what_it_says():
    said, shares = fitted(WORTH)
    code = 2 ** torch.arange(5)
    assert shares.abs().max() > 0.1
    close(shares, by_orders(lambda coalitions: said.T[(coalitions.long() * code).sum(1)], 5))


def test_only_what_it_is_fitted_to_is_read():
    other = torch.where(ON[:, None], WORTH, 1e6)
    for one, two in zip(fitted(WORTH), fitted(other), strict=True):
        assert torch.equal(one, two)


def test_it_learns_a_game_of_a_few_interactions():
    game, _ = unanimity(7, terms=5, games=2)
    chosen = pairs(7, 63, torch.Generator().manual_seed(0))
    odd, on = (game(chosen) - game(~chosen)) / 2, torch.arange(63) < 50
    said, _ = surrogate(2.0 * chosen.double() - 1, covariance, smooth_part).fitted(odd, on)
    assert (said.T - odd)[~on].norm() < 0.25 * odd[~on].norm()


def test_a_game_that_is_worth_nothing_stays_nothing_beside_others():
    said, _ = fitted(torch.cat([WORTH, 0 * WORTH[:, :1]], 1))
    close(said[3], torch.zeros(32, dtype=torch.float64))
    assert torch.equal(said[:3], fitted(WORTH)[0])


@pytest.mark.parametrize("by", [1e-6, 1e6])
def test_the_unit_of_worths_does_not_matter(by):
    close(fitted(by * WORTH)[1], by * fitted(WORTH)[1], rtol=1e-9, atol=0)
