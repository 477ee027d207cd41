"""Owen values: the mean over all orders in which no group is interrupted; some contexts of each fork without bias."""

import numpy as np
import pytest
import torch

from known import additive, counted, interrupted, normal, smooth, trained, unanimity
from vitrail.errors import BadSetting
from vitrail.games.exact import exact_shapley
from vitrail.games.partition import evaluations, forks_of, partition_shap
from vitrail.inputs.hierarchy import halves

close = torch.testing.assert_close


def balanced(players):
    return halves(np.arange(players, dtype=float)[:, None])


def chain(players):
    """One player after the other comes to the first two."""
    return torch.tensor([[0, 1]] + [[players + k - 1, k + 1] for k in range(1, players - 1)])


def uneven(players):
    """Merges in random order."""
    groups, merges = list(range(players)), []
    for k, u in enumerate(torch.rand(players - 1, 2, generator=torch.Generator().manual_seed(3)).tolist()):
        one = groups.pop(int(u[0] * len(groups)))
        two = groups.pop(int(u[1] * len(groups)))
        merges.append([one, two])
        groups.append(players + k)
    return torch.tensor(merges)


def orders(node, players, merges):
    """Every order of the players of a group that interrupts none of its groups."""
    if node < players:
        return [(node,)]
    one, two = (orders(int(part), players, merges) for part in merges[node - players])
    return [p + q for a in one for b in two for p, q in ((a, b), (b, a))]


def by_orders_of_groups(game, players, merges):
    """(games, players), slowly."""
    found, total = orders(2 * players - 2, players, merges), 0
    for order in found:
        there = torch.zeros(players + 1, players, dtype=torch.bool)
        for k, who in enumerate(order):
            there[k + 1 :, who] = True
        total = total + game(there).reshape(players + 1, -1).diff(dim=0)[torch.tensor(order).argsort()]
    return (total / len(found)).T


TREES = [balanced, chain, uneven]
SAME = {"rtol": 0, "atol": 0, "equal_nan": True}  # some errors are not known


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("players", [3, 4, 5, 7])
def test_with_all_contexts_it_is_the_mean_over_orders_of_groups(players, tree):
    game, _ = unanimity(players, games=2)
    merges = tree(players)
    exact = evaluations(forks_of(merges, players))
    game, asked = counted(game)
    got = partition_shap(game, players, exact + 3, 0, merges)
    assert sum(asked) == got.coalitions == exact
    assert got.error.abs().max() == 0
    close(got.values, by_orders_of_groups(game, players, merges))


def test_the_hierarchy_is_part_of_the_question():
    game, shares = unanimity(6)
    one, two = (partition_shap(game, 6, 500, 0, tree(6)).values for tree in (balanced, chain))
    assert (one - two).abs().max() > 0.01
    assert (one - shares).abs().max() > 0.01


@pytest.mark.parametrize("players", [1, 2])
def test_one_and_two_players_have_shapley_values(players):
    game, shares = unanimity(players, games=2)
    merges = torch.tensor([[0, 1]])[: players - 1]
    close(partition_shap(game, players, 2**players, 0, merges).values, shares)


@pytest.mark.parametrize("tree", TREES)
def test_additive_games_need_a_single_context(tree):
    weights = normal(9)
    close(partition_shap(additive(weights, 1e3), 9, 18, 0, tree(9)).values[0], weights)


def test_groups_share_as_players_do_and_members_share_within():
    """Owen: u of {0, 2, 3} with groups {0, 1} and {2, 3}: half for each group, then within."""
    got = partition_shap(lambda c: c[:, [0, 2, 3]].all(1).double(), 4, 100, 0, balanced(4))
    close(got.values[0], torch.tensor([0.5, 0.0, 0.25, 0.25], dtype=torch.float64))


def test_players_who_do_the_same_get_the_same_within_a_group():
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    got = partition_shap(lambda c: table[c[:, :3].sum(1), c[:, 3].long() + c[:, 2]], 4, 12, 0, balanced(4))
    close(got.values[0, 0], got.values[0, 1])


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("budget", [16, 30, 42])
def test_with_some_contexts_it_is_unbiased(budget, tree):
    game, _ = unanimity(8, terms=30)
    merges = tree(8)
    exact = partition_shap(game, 8, 500, 0, merges).values[0]
    values = torch.stack([partition_shap(game, 8, budget, seed, merges).values[0] for seed in range(150)])
    away = (values.mean(0) - exact) / (values.std(0) / 150**0.5 + 1e-12)
    assert away.abs().max() < 4
    close(values.sum(1), exact.sum().expand(150))


@pytest.mark.parametrize(("budget", "low", "high"), [(60, 0.7, 1.4), (100, 0.7, 1.4), (28, 1.0, 4.0)])
def test_its_standard_error_is_honest_and_never_too_small_with_a_single_pair(budget, low, high):
    game, _ = unanimity(8, terms=30)
    merges = chain(8)
    exact = partition_shap(game, 8, 500, 0, merges).values
    got = [partition_shap(game, 8, budget, seed, merges) for seed in range(150)]
    off = torch.stack([g.values - exact for g in got]).square().mean()
    assert low < float(torch.stack([g.error for g in got]).square().mean() / off) < high


def test_on_a_network_its_error_falls_faster_than_the_root_of_the_budget():
    net, x = smooth(24, 16, 1), normal(24)
    game = lambda c: net(torch.where(c, x, torch.zeros_like(x))).detach()  # noqa: E731
    merges = balanced(24)
    exact = partition_shap(game, 24, 10**4, 0, merges).values
    off = [
        sum(float((partition_shap(game, 24, b, s, merges).values - exact).square().sum()) for s in range(20))
        for b in (70, 280)
    ]
    assert off[1] < off[0] / 4


def test_a_single_context_tells_nothing_about_the_error():
    error = partition_shap(unanimity(8)[0], 8, 16, 0, balanced(8)).error
    assert error.isnan().all()


@pytest.mark.parametrize("budget", [16, 17, 29, 33, 40])
def test_it_never_asks_more_than_the_budget(budget):
    game, asked = counted(unanimity(8)[0])
    got = partition_shap(game, 8, budget, 0, balanced(8))
    assert sum(asked) == got.coalitions <= budget
    assert got.coalitions > budget - 4


def test_no_coalition_is_asked_twice():
    asked = []
    partition_shap(lambda c: asked.append(c) or c.sum(1).double(), 12, 90, 0, uneven(12))
    assert len(asked[0].unique(dim=0)) == len(asked[0])


def test_groups_are_cut_by_other_groups_that_are_wholly_there():
    asked = []
    merges = balanced(8)
    partition_shap(lambda c: asked.append(c) or c.sum(1).double(), 8, 100, 0, merges)
    cut = asked[0].reshape(-1, 4, 2)  # the pairs that are merged first
    assert ((cut[:, :, 0] != cut[:, :, 1]).sum(1) <= 1).all()


def test_the_same_seed_gives_the_same_bytes_alone_and_beside_others():
    game, _ = unanimity(9, games=7)
    merges = balanced(9)
    together = partition_shap(game, 9, 30, 5, merges)
    alone = partition_shap(lambda c: game(c)[:, 3], 9, 30, 5, merges)
    for name in ("values", "error"):
        close(getattr(partition_shap(game, 9, 30, 5, merges), name), getattr(together, name), **SAME)
        close(getattr(alone, name)[0], getattr(together, name)[3], **SAME)
    assert not torch.equal(partition_shap(game, 9, 30, 6, merges).values, together.values)


def test_ctrl_c_gives_what_was_done_so_far_without_bias():
    game, _ = unanimity(8, terms=30)
    merges = chain(8)
    exact = partition_shap(game, 8, 500, 0, merges).values[0]
    got = [partition_shap(interrupted(game, 37), 8, 120, seed, merges) for seed in range(120)]
    assert {g.coalitions for g in got} == {36}
    values = torch.stack([g.values[0] for g in got])
    assert ((values.mean(0) - exact) / (values.std(0) / 120**0.5 + 1e-12)).abs().max() < 4
    with pytest.raises(KeyboardInterrupt):
        partition_shap(interrupted(game, 15), 8, 120, 0, merges)


def test_deep_hierarchies_draw_contexts_that_are_too_many_to_list():
    weights = normal(60)
    got = partition_shap(additive(weights), 60, 600, 0, chain(60))
    close(got.values[0], weights)
    assert got.coalitions <= 600


def test_a_trained_network_two_routes():
    """Where each group is a single player beside the rest, and the rest are one player: enumeration of two."""
    game, _ = trained()
    got = partition_shap(game, 10, 40, 0, balanced(10))
    first = torch.zeros(4, 10, dtype=torch.bool)
    first[1, :5], first[2, 5:], first[3] = True, True, True
    halves_ = exact_shapley(lambda c: game(torch.stack([first[int(a) + 2 * int(b)] for a, b in c])), 2)
    close(torch.stack([got.values[:, :5].sum(1), got.values[:, 5:].sum(1)], 1), halves_.values)


def test_a_huge_constant_and_a_game_that_is_worth_nothing():
    game, _ = unanimity(7)
    plain, high = (partition_shap(lambda c, by=by: game(c) + by, 7, 40, 0, balanced(7)).values for by in (0, 1e9))
    close(high, plain, atol=1e-5, rtol=0)
    assert partition_shap(lambda c: torch.zeros(len(c)), 7, 30, 0, balanced(7)).values.abs().max() == 0


def test_a_budget_below_one_context_for_each_fork_is_refused():
    with pytest.raises(BadSetting, match="partition-shap: budget=15.*At least 16"):
        partition_shap(unanimity(8)[0], 8, 15, 0, balanced(8))
