"""Sobol indices: functions whose indices are known, designs by their definition, honest errors."""

from math import pi

import pytest
import torch

from known import counted, interrupted
from vitrail.errors import BadSetting
from vitrail.games.sobol import MOST, design, sobol

close = torch.testing.assert_close


def ishigami(m, a=7.0, b=0.1):
    x = pi * (2 * m - 1)
    return x[:, 0].sin() + a * x[:, 1].sin() ** 2 + b * x[:, 2] ** 4 * x[:, 0].sin()


def test_additive_games_share_the_variance_by_the_squares_of_their_weights():
    weights = torch.tensor([1.0, -2.0, 0.5, 0.0]).double()
    got = sobol(lambda m: m @ weights + 3, 4, 6 * 4096, 0)
    close(got.values[0], weights.square() / weights.square().sum(), rtol=0, atol=3e-3)
    close(got.checks["variance"], weights.square().sum()[None] / 12, rtol=1e-2, atol=0)
    assert got.values[0, 3] == got.error[0, 3] == 0


def test_a_product_of_three():
    """Var = 1/27 - 1/64; of a factor, given the others, E[Var] = (1/12) (1/3)^2."""
    got = sobol(lambda m: m.prod(1), 3, 5 * 8192, 0)
    close(got.values, torch.full((1, 3), (1 / 12 / 9) / (1 / 27 - 1 / 64)).double(), rtol=0.02, atol=0)


def test_ishigamis_function():
    a, b = 7.0, 0.1
    one, two, both = (1 + b * pi**4 / 5) ** 2 / 2, a**2 / 8, 8 * b**2 * pi**8 / 225
    want = torch.tensor([one + both, two, both]).double() / (one + two + both)
    got = sobol(ishigami, 3, 5 * 8192, 1)
    close(got.values[0], want, rtol=0, atol=0.01)
    assert ((got.values[0] - want).abs() <= 4 * got.error[0]).all()


def test_jansens_sum_by_loops():
    points = design(3, 10, 5)
    got = sobol(ishigami, 3, 50, 5)
    both = torch.cat([ishigami(points[:, 0]), ishigami(points[:, 1])])
    for i in range(3):
        apart = []
        for a, b, *mixed in points:
            for j in range(3):
                assert mixed[i][j] == (b[j] if i == j else a[j])
            apart.append(float(ishigami(a[None]) - ishigami(mixed[i][None])) ** 2 / 2)
        close(float(got.values[0, i]), sum(apart) / 10 / float(both.var()))


def test_the_standard_error_is_on_the_safe_side_but_not_far():
    """The points are scrambled anew for every seed; independent ones would be about as far apart as the error says."""
    got = [sobol(ishigami, 3, 5 * 128, seed) for seed in range(60)]
    spread = torch.stack([g.values[0] for g in got]).std(0)
    said = torch.stack([g.error[0] for g in got]).square().mean(0).sqrt()
    assert (spread < said * 1.1).all()
    assert (spread > said / 30).all()


def test_the_standard_error_of_independent_points_is_honest(monkeypatch):
    def independent(players, count, seed):
        generator = torch.Generator().manual_seed(seed)
        a, b = torch.rand(2, count, 1, players, generator=generator, dtype=torch.float64)
        return torch.cat([a, b, torch.where(torch.eye(players, dtype=torch.bool), b, a)], 1)

    monkeypatch.setattr("vitrail.games.sobol.design", independent)
    got = [sobol(ishigami, 3, 5 * 200, seed) for seed in range(200)]
    spread = torch.stack([g.values[0] for g in got]).std(0)
    said = torch.stack([g.error[0] for g in got]).square().mean(0).sqrt()
    close(said, spread, rtol=0.2, atol=0)


def test_designs_are_spread_evenly_and_begin_alike():
    points = design(4, 64, 0)
    for side in (points[:, 0], points[:, 1]):
        assert (torch.histc(side[:, 0], 8, 0, 1) == 8).all()
    assert torch.equal(design(4, 40, 0), points[:40])
    assert not torch.equal(design(4, 64, 1), points)


def test_a_game_that_is_always_worth_the_same_depends_on_nobody():
    got = sobol(lambda m: torch.full((len(m),), 0.3).double(), 3, 50, 0)
    assert (got.values == 0).all()
    assert (got.error == 0).all()


@pytest.mark.parametrize("budget", [10, 14, 15, 101])
def test_it_never_asks_more_than_the_budget(budget):
    game, asked = counted(ishigami)
    got = sobol(game, 3, budget, 0)
    assert sum(asked) == got.coalitions == budget // 5 * 5


def test_ctrl_c_gives_whole_points():
    got = sobol(interrupted(ishigami, 33), 3, 100, 0)
    assert got.coalitions == 30
    close(got.values, sobol(ishigami, 3, 30, 0).values)
    with pytest.raises(KeyboardInterrupt):
        sobol(interrupted(ishigami, 9), 3, 100, 0)


def test_too_small_budgets_and_too_many_players_are_refused():
    with pytest.raises(BadSetting, match="sobol: budget=9 is too small for 3 players. At least 10 evaluations"):
        sobol(ishigami, 3, 9, 0)
    with pytest.raises(BadSetting, match=f"there are {MOST + 1} players. At most {MOST} were expected"):
        sobol(ishigami, MOST + 1, 10**6, 0)
