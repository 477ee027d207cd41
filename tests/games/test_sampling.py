"""Pairs of coalitions: distinct, of the sizes that leverage asks, and weights that stand for all coalitions."""

from math import comb

import pytest
import torch

from vitrail.games.sampling import all_pairs, half_sizes, pairs, shares, size_weights

close = torch.testing.assert_close
PLAYERS = [2, 3, 4, 5, 8, 14, 50]


def drawn(players, count, seed=0):
    return pairs(players, count, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("players", PLAYERS)
@pytest.mark.parametrize("count", [1, 3, 7, 60, 500])
def test_no_coalition_comes_twice_nor_with_its_complement(players, count):
    got = drawn(players, count)
    assert got.shape == (min(count, all_pairs(players)), players)
    assert len(torch.cat([got, ~got]).unique(dim=0)) == 2 * len(got)
    assert not (got.all(1) | ~got.any(1)).any()


@pytest.mark.parametrize("players", [2, 3, 4, 5, 6, 7])
def test_enough_of_them_are_all(players):
    got = drawn(players, 10**6)
    assert len(torch.cat([got, ~got]).unique(dim=0)) == 2**players - 2
    assert all_pairs(players) == sum(number for _, number in half_sizes(players))


def test_sizes_get_equal_shares_and_small_ones_are_exhausted_first():
    assert shares(14, 60) == [10, 9, 9, 9, 9, 9, 5]  # the middle size is its own complement
    assert shares(14, 500)[0] == 14
    got = torch.bincount(torch.minimum(drawn(14, 500).sum(1), (~drawn(14, 500)).sum(1)))
    assert got.tolist() == [0, *shares(14, 500)]
    assert sum(shares(14, 500)) == 500


def test_shares_are_alike_where_no_size_is_exhausted():
    got = shares(50, 1000)
    assert max(got[:-1]) - min(got[:-1]) <= 1
    assert abs(2 * got[-1] - got[-2]) <= 2


@pytest.mark.parametrize("players", [3, 6])
def test_every_coalition_of_a_size_is_as_likely_as_any_other(players):
    times = torch.zeros(2**players)
    code = 2 ** torch.arange(players)
    for seed in range(600):
        got = drawn(players, 3, seed)
        times += torch.bincount((torch.cat([got, ~got]).long() * code).sum(1), minlength=2**players)
    size = (torch.arange(2**players)[:, None] // code % 2).sum(1)
    for s in range(1, players):
        among = times[size == s]
        spread = (among.mean() + 1).sqrt()  # no more than that of a Poisson number
        assert ((among - among.mean()).abs() < 4.5 * spread).all()


def test_the_same_seed_gives_the_same_pairs():
    assert torch.equal(drawn(20, 100, 3), drawn(20, 100, 3))
    assert not torch.equal(drawn(20, 100, 3), drawn(20, 100, 4))


@pytest.mark.parametrize("players", [3, 4, 7, 8])
def test_over_all_pairs_the_weights_are_the_shapley_kernel(players):
    got = drawn(players, 10**6)
    kernel = [(players - 1) / (comb(players, s) * s * (players - s)) for s in got.sum(1).tolist()]
    close(size_weights(got), torch.tensor(kernel, dtype=torch.float64))


def test_a_sample_of_a_size_stands_for_all_of_it():
    whole, some = (size_weights(drawn(8, count)) for count in (10**6, 40))
    close(some.sum(), whole.sum())
