"""Pairwise interactions against their definition, games of unanimity, and statistics."""

from itertools import combinations
from math import factorial

import pytest
import torch

from known import additive, counted, interrupted, normal, trained, unanimity
from vitrail.errors import BadSetting
from vitrail.games.gaussian import covariance
from vitrail.games.interactions import banzhaf_known, even, interactions, shapley_known
from vitrail.games.sampling import pairs

close = torch.testing.assert_close
INDICES = ["k-sii", "sii", "banzhaf"]


def by_definition(game, players, index):
    """(games, players, players), from differences and second differences, one by one."""
    worth = game(torch.arange(2**players)[:, None] >> torch.arange(players) & 1 == 1).reshape(2**players, -1)
    square = torch.zeros(worth.shape[1], players, players, dtype=torch.float64)
    for among in [(i,) for i in range(players)] + list(combinations(range(players), 2)):
        bits, rest = [1 << i for i in among], players - len(among)
        for s in range(2**players):
            if any(s & b for b in bits):
                continue
            size = s.bit_count()
            p = 0.5**rest if index == "banzhaf" else factorial(size) * factorial(rest - size) / factorial(rest + 1)
            if len(among) == 1:
                square[:, among[0], among[0]] += p * (worth[s | bits[0]] - worth[s])
            else:
                change = worth[s | bits[0] | bits[1]] - worth[s | bits[0]] - worth[s | bits[1]] + worth[s]
                square[:, among[0], among[1]] += p * change
                square[:, among[1], among[0]] += p * change
    if index == "k-sii":
        for i in range(players):
            for j in range(i):
                square[:, i, j] /= 2
                square[:, j, i] /= 2
                square[:, i, i] -= square[:, i, j]
                square[:, j, j] -= square[:, i, j]
    return square


def together(members, players):
    """The game that is worth 1 when all of these are there."""
    return lambda coalitions: coalitions[:, list(members)].all(1).double()


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("players", [1, 2, 3, 4, 6])
def test_over_all_coalitions_by_definition(players, index):
    game, _ = unanimity(players, games=2)
    got = interactions(game, players, 2**players, 0, index)
    close(got.values, by_definition(game, players, index))
    assert got.error.abs().max() == 0
    close(got.none, torch.full((2,), 3.0, dtype=torch.float64))


@pytest.mark.parametrize("members", [(0, 3), (1, 2, 4), (0, 1, 2, 3)])
def test_those_who_are_needed_together_interact(members):
    """Grabisch, Roubens: 1 / (t - 1) for Shapley's index, 2^-(t - 2) for Banzhaf's, 0 for all others."""
    t, shapley = len(members), interactions(together(members, 6), 6, 64, 0, "sii").values[0]
    banzhaf, adding = (interactions(together(members, 6), 6, 64, 0, index).values[0] for index in ("banzhaf", "k-sii"))
    for i in range(6):
        for j in range(6):
            both = i in members and j in members
            if i != j:
                close(float(shapley[i, j]), both / (t - 1), atol=1e-12, rtol=0)
                close(float(adding[i, j]), both / (t - 1) / 2, atol=1e-12, rtol=0)
                close(float(banzhaf[i, j]), both * 0.5 ** (t - 2), atol=1e-12, rtol=0)
            elif both:
                close(float(shapley[i, i]), 1 / t, atol=1e-12, rtol=0)
                close(float(adding[i, i]), 1 / t - 0.5, atol=1e-12, rtol=0)
                close(float(banzhaf[i, i]), 0.5 ** (t - 1), atol=1e-12, rtol=0)


@pytest.mark.parametrize("budget", [24, 60, 256])
def test_rows_add_up_to_shapley_values_and_everything_to_the_whole(budget):
    game, _ = unanimity(8, games=3)
    values = interactions(game, 8, budget, 0, "k-sii").values
    whole = game(torch.ones(1, 8, dtype=torch.bool)) - game(torch.zeros(1, 8, dtype=torch.bool))
    close(values.sum((1, 2)), whole[0])
    alone = interactions(game, 8, budget, 0, "sii").values.diagonal(dim1=1, dim2=2)
    close(alone.sum(1), whole[0])
    close(values.sum(2), alone)


@pytest.mark.parametrize("index", INDICES)
def test_pairs_are_symmetric_and_additive_games_have_none(index):
    weights = normal(9, seed=2)
    got = interactions(additive(weights, 4.0), 9, 60, 0, index)
    assert torch.equal(got.values, got.values.mT)
    close(got.values[0], torch.diag(weights), atol=1e-3, rtol=0)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("budget", [30, 80])
def test_they_are_unbiased_and_their_standard_error_is_honest(budget, index):
    game, _ = unanimity(7, terms=20)
    truth = by_definition(game, 7, index)[0]
    got = [interactions(game, 7, budget, seed, index) for seed in range(80)]
    values, error = torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])
    away = (values.mean(0) - truth) / (values.std(0) / 80**0.5)
    assert away.abs().max() < 4.5
    ratio = error.square().mean((0, 1, 2)) / (values - truth).square().mean((0, 1, 2))
    assert 0.6 < float(ratio) < 1.7
    on = [each.diagonal(dim1=1, dim2=2).square().mean() for each in (error, values - truth)]
    assert 0.6 < float(on[0] / on[1]) < 2


def test_on_a_trained_network_they_are_found_with_a_quarter_of_all_coalitions():
    game, _ = trained(8)
    truth = by_definition(game, 8, "sii")
    off = [interactions(game, 8, 64, seed, "sii").values - truth for seed in range(20)]
    assert torch.stack(off).square().mean().sqrt() < 0.4 * truth.square().mean().sqrt()


@pytest.mark.parametrize("index", INDICES)
def test_the_budget_the_seed_and_games_beside_each_other(index):
    game, asked = counted(unanimity(7, games=4)[0])
    first = interactions(game, 7, 41, 3, index)
    assert sum(asked) == first.coalitions == 40
    alone = interactions(lambda c: game(c)[:, 2], 7, 41, 3, index)
    for name in ("values", "error"):
        assert torch.equal(getattr(interactions(game, 7, 41, 3, index), name), getattr(first, name))
        assert torch.equal(getattr(alone, name)[0], getattr(first, name)[2])
    assert not torch.equal(interactions(game, 7, 41, 4, index).values, first.values)


def test_ctrl_c_gives_what_was_done_so_far():
    game, _ = unanimity(8)
    got = interactions(interrupted(game, 51), 8, 200, 0, "k-sii")
    assert got.coalitions == 50
    assert got.error.isfinite().all()
    assert got.error.norm() > interactions(game, 8, 200, 0, "k-sii").error.norm()


@pytest.mark.parametrize("index", INDICES)
def test_a_huge_constant_takes_only_its_digits(index):
    game, _ = unanimity(6)
    for budget, least in ((64, 1e-5), (40, 1e-4)):
        plain, high = (interactions(lambda c, by=by: game(c) + by, 6, budget, 0, index).values for by in (0, 1e9))
        close(high, plain, atol=least, rtol=0)
    assert interactions(lambda c: torch.zeros(len(c)), 6, 40, 0, index).values.abs().max() == 0


def test_a_budget_that_is_too_small_is_refused():
    with pytest.raises(BadSetting, match="shapley-interactions: budget=23.*At least 24"):
        interactions(unanimity(8)[0], 8, 23, 0, "sii")
    with pytest.raises(BadSetting, match="At least 2"):
        interactions(unanimity(1)[0], 1, 1, 0, "sii")


# -- what the regression says ------------------------------------------------------------------------------

SIGNS = 2.0 * pairs(4, 7, torch.Generator().manual_seed(0)).double() - 1
R = torch.tensor([0.1, 0.5, 0.3, 0.8], dtype=torch.float64)


def test_the_even_and_the_odd_part_make_the_product():
    product = (1 + R * SIGNS[:, None] * SIGNS).prod(2) / (1 + R).prod()
    close(even(SIGNS, SIGNS, R) + covariance(SIGNS, SIGNS, R), product)
    close(even(SIGNS, -SIGNS, R), even(SIGNS, SIGNS, R))


@pytest.mark.parametrize(("known", "index"), [(shapley_known, "sii"), (banzhaf_known, "banzhaf")])
def test_interactions_of_the_even_product_are_those_of_the_definition(known, index):
    slow = by_definition(lambda c: even(2.0 * c.double() - 1, SIGNS, R), 4, index)
    i, j = torch.triu_indices(4, 4, 1)
    off = slow - torch.diag_embed(slow.diagonal(dim1=1, dim2=2))
    close(known(SIGNS, R), torch.cat([off[:, i, j], off.sum(2)], 1))
