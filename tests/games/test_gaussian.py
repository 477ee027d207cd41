"""The Gaussian process over odd games: its covariance, its Shapley values and its posterior, each by a slow twin."""

from itertools import product

import pytest
import torch

from known import by_orders, normal
from vitrail.games.gaussian import (
    NOISES,
    Process,
    conditioned,
    covariance,
    prior_variance,
    smooth_part,
    white_part,
    white_variance,
)

close = torch.testing.assert_close
R = torch.tensor([0.9, 0.1, 0.5, 0.3], dtype=torch.float64)
SIGNS = torch.tensor(list(product([-1.0, 1.0], repeat=4)), dtype=torch.float64)  # every coalition of four players


def signs_of(coalitions):
    return 2.0 * coalitions.double() - 1


def kernel(s, t):
    """The definition."""
    whole = (1 + R).prod()
    return ((1 + R * s * t).prod() - (1 - R * s * t).prod()) / 2 / whole


def test_the_covariance_is_the_odd_product():
    slow = torch.stack([torch.stack([kernel(s, t) for t in SIGNS]) for s in SIGNS])
    close(covariance(SIGNS, SIGNS, R), slow)


def test_it_is_odd_and_interactions_have_the_product_of_the_strengths():
    got = covariance(SIGNS, SIGNS, R)
    close(covariance(-SIGNS, SIGNS, R), -got)
    for members in ([0], [1], [0, 2, 3], [1, 2, 3]):
        wave = SIGNS[:, members].prod(1)
        close(wave @ got @ wave / 16**2, R[members].prod() / (1 + R).prod())
    even = SIGNS[:, [0, 1]].prod(1)
    close(even @ got @ even, torch.zeros((), dtype=torch.float64))


def test_shapley_values_of_its_covariances_are_those_of_the_definition():
    close(smooth_part(SIGNS, R), by_orders(lambda c: covariance(signs_of(c), SIGNS, R), 4))


def test_shapley_values_of_single_pairs_are_those_of_the_definition():
    def game(coalitions):
        s = signs_of(coalitions)
        return (s[:, None] == SIGNS).all(2).double() - (s[:, None] == -SIGNS).all(2).double()

    close(white_part(SIGNS), by_orders(game, 4))


def test_the_prior_variance_is_that_of_shapley_values_of_random_games():
    shares = by_orders(lambda c: torch.eye(16, dtype=torch.float64)[(c.long() * torch.tensor([8, 4, 2, 1])).sum(1)], 4)
    close(prior_variance(R), (shares.T @ covariance(SIGNS, SIGNS, R) @ shares).diagonal())
    one_of_each_pair = SIGNS[8:]
    close(white_variance(4), float(white_part(one_of_each_pair).square().sum(0)[0]))


def test_the_posterior_is_that_of_joint_normal_numbers():
    """The textbook's conditioning on the worths seen, of all sixteen worths at once."""
    noise, scale = 0.03, 2.5
    whole = covariance(SIGNS, SIGNS, R) + noise * (torch.eye(16) - torch.eye(16).flip(0)).double()
    seen, worth = [15, 9, 10, 12, 14], normal(5, seed=4)
    inverse = torch.linalg.inv(whole[seen][:, seen])
    shares = by_orders(lambda c: torch.eye(16, dtype=torch.float64)[(c.long() * torch.tensor([8, 4, 2, 1])).sum(1)], 4)
    mean = shares.T @ whole[:, seen] @ inverse @ worth
    left = shares.T @ (whole - whole[:, seen] @ inverse @ whole[seen]) @ shares
    factor = torch.linalg.cholesky(whole[seen][:, seen])
    process = Process(SIGNS[seen], R, noise, factor, inverse @ worth, scale)
    values, error = process.shapley()
    close(values, mean)
    close(error, (scale * left.diagonal()).sqrt())


def test_the_noise_that_is_chosen_is_the_most_likely_one():
    """By the density of normal numbers, at every noise that is tried."""
    signs = SIGNS[8:]
    worth = normal(8, seed=1)
    got = conditioned(signs, worth)

    def density(noise):
        whole = covariance(signs, signs, got.r) + noise * torch.eye(8)
        scale = worth @ torch.linalg.solve(whole, worth) / 8
        zero = torch.zeros(8, dtype=torch.float64)
        return torch.distributions.MultivariateNormal(zero, scale * whole).log_prob(worth)

    assert density(got.noise) == max(map(density, NOISES))
    close(got.scale, float(worth @ torch.linalg.solve(got.factor @ got.factor.T, worth)) / 8)


@pytest.mark.parametrize("together", [[0, 1, 2], [5, 6, 7]])
def test_it_finds_out_who_interacts(together):
    generator = torch.Generator().manual_seed(0)
    signs = 2.0 * (torch.rand(120, 10, generator=generator) < 0.5).double() - 1
    got = conditioned(signs, signs[:, together].prod(1) + 0.1 * signs.sum(1))
    assert set(got.r.argsort(descending=True)[:3].tolist()) == set(together)
