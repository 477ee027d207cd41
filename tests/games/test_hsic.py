"""HSIC: its unbiased estimate by sums over quadruples, what it estimates by enumeration, its error by leaving out."""

import itertools

import pytest
import torch

from known import counted, interrupted, unanimity
from vitrail.errors import BadSetting
from vitrail.games.hsic import _dependence, hsic

close = torch.testing.assert_close


def drawn(count, players, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, players, generator=generator, dtype=torch.float64) < 0.5


def kernels(inside, worth, width):
    """(same, near): both kernels by their definition, (n, n)."""
    return (inside[:, None] == inside).double(), torch.exp(-((worth[:, None] - worth) ** 2) / (2 * width**2))


def by_quadruples(inside, worth, width):
    """The mean of k_ij k'_ij + k_ij k'_qr - 2 k_ij k'_iq over all choices of four different coalitions."""
    k, near = kernels(inside, worth, width)
    terms = [
        k[i, j] * near[i, j] + k[i, j] * near[q, r] - 2 * k[i, j] * near[i, q]
        for i, j, q, r in itertools.permutations(range(len(worth)), 4)
    ]
    return torch.stack(terms).mean()


def of_all(game, players, width):
    """HSIC itself: over all coalitions, each as likely."""
    inside = torch.tensor(list(itertools.product([False, True], repeat=players)))
    worth = game(inside).reshape(-1)
    found = []
    for column in inside.T:
        k, near = kernels(column, worth, width)
        found.append((k * near).mean() + k.mean() * near.mean() - 2 * (k.mean(1) * near.mean(1)).mean())
    return torch.stack(found)


def test_the_estimate_is_the_mean_over_quadruples():
    inside, game = drawn(9, 3), unanimity(3)[0]
    worth, width = game(inside)[:, 0], torch.tensor(0.7).double()
    got, _ = _dependence(2 * inside.double() - 1, worth, width)
    close(got, torch.stack([by_quadruples(column, worth, width) for column in inside.T]))
    assert got.abs().max() > 0.01


def test_the_error_is_the_jackknife():
    inside, game = drawn(12, 3), unanimity(3)[0]
    signs, worth, width = 2 * inside.double() - 1, game(inside)[:, 0], torch.tensor(0.7).double()
    _, got = _dependence(signs, worth, width)
    left = []
    for i in range(12):
        others = torch.arange(12) != i
        left.append(_dependence(signs[others], worth[others], width)[0])
    left = torch.stack(left)
    close(got, (11 / 12 * (left - left.mean(0)).square().sum(0)).sqrt())


def test_it_is_unbiased_and_its_error_is_honest_for_players_that_matter():
    game = lambda c: c.double() @ torch.tensor([1.0, 0.8, 0.0]).double()  # noqa: E731
    width = torch.tensor(0.9).double()
    want = of_all(game, 3, width)
    got = [_dependence(2 * (c := drawn(60, 3, seed)).double() - 1, game(c), width) for seed in range(400)]
    values, errors = torch.stack([v for v, _ in got]), torch.stack([e for _, e in got])
    assert ((values.mean(0) - want).abs() / (values.std(0) / 20)).max() < 4
    ratio = errors.square().mean(0).sqrt() / values.std(0)
    assert ((ratio > 0.85) & (ratio < 1.8)).all()  # the jackknife is too large for a player who does nothing
    close(ratio[:2], torch.ones(2).double(), rtol=0.15, atol=0)


def test_an_idle_player_gets_nothing_up_to_the_error():
    weights = torch.tensor([1.0, -0.5, 0.0, 0.0]).double()
    got = hsic(lambda c: c.double() @ weights, 4, 2000, 0)
    assert (got.values[0, 2:].abs() < 3 * got.error[0, 2:]).all()
    assert (got.values[0, :2] > 10 * got.error[0, :2]).all()
    assert got.values[0, 0] > got.values[0, 1]


def test_the_width_is_the_median_distance():
    game = lambda c: c.double() @ torch.tensor([1.0, 0.37, 0.11]).double()  # noqa: E731
    got = hsic(game, 3, 50, 4)
    worth = game(drawn(50, 3, 4))
    far = [abs(a - b) for a, b in itertools.combinations(worth.tolist(), 2)]
    close(float(got.checks["width"][0]), sorted(far)[(len(far) - 1) // 2])


def test_where_most_worths_are_equal_the_width_is_the_root_of_the_mean_square():
    got = hsic(lambda c: c.all(1).double(), 4, 60, 0)
    worth = drawn(60, 4).all(1).double()
    close(got.checks["width"][0], torch.nn.functional.pdist(worth[:, None]).square().mean().sqrt())
    assert got.values.abs().max() > 1e-3


def test_a_game_that_is_always_worth_the_same_depends_on_nobody():
    got = hsic(lambda c: torch.full((len(c),), 0.3).double(), 3, 30, 0)
    assert (got.values == 0).all()
    assert (got.error == 0).all()


def test_the_kernel_in_parts_is_the_whole(monkeypatch):
    game = unanimity(5, games=2)[0]
    whole = hsic(game, 5, 50, 0)
    monkeypatch.setattr("vitrail.games.hsic.AT_ONCE", 170)  # three rows at a time
    parts = hsic(game, 5, 50, 0)
    close(parts.values, whole.values)
    close(parts.error, whole.error)


def test_the_budget_is_kept_and_ctrl_c_gives_what_was_done():
    game, asked = counted(unanimity(4)[0])
    assert hsic(game, 4, 37, 0).coalitions == sum(asked) == 37
    got = hsic(interrupted(unanimity(4)[0], 20), 4, 37, 0)
    close(got.values, hsic(unanimity(4)[0], 4, 20, 0).values)
    with pytest.raises(BadSetting, match="hsic: budget=4 is too small for 4 players. At least 5 evaluations"):
        hsic(game, 4, 4, 0)
