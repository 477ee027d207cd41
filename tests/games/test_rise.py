"""RISE: masks by a slow interpolation, the map by loops, unbiased, no noise from constants, honest errors."""

import pytest
import torch

from known import counted, interrupted
from vitrail.errors import BadSetting
from vitrail.games.rise import Grid, rise

close = torch.testing.assert_close
LINE, SQUARE = Grid((4,), 1), Grid((5, 7), 3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def slowly(grid, count, seed):
    """The masks by four loops, from the same draws."""
    source = generator(seed)
    cells = [(side + grid.patch - 2) // grid.patch + 2 for side in grid.sides]
    there = (torch.rand(count, *cells, generator=source, dtype=torch.float64) < 0.5).double()
    shifts = torch.randint(grid.patch, (2, count, 1, 1), generator=source)[..., 0, 0]
    masks = torch.zeros(count, *grid.sides).double()
    for n in range(count):
        for row in range(grid.sides[0]):
            for column in range(grid.sides[1]):
                i, j = (float(p + s) / grid.patch for p, s in ((row, shifts[0, n]), (column, shifts[1, n])))
                for a in (int(i), int(i) + 1):
                    for b in (int(j), int(j) + 1):
                        masks[n, row, column] += (1 - abs(i - a)) * (1 - abs(j - b)) * there[n, a, b]
    return masks.flatten(1)


@pytest.mark.parametrize("grid", [SQUARE, Grid((6, 4), 2), Grid((3, 3), 1)])
def test_masks_are_cells_interpolated_and_shifted(grid):
    close(grid.masks(6, generator(3)), slowly(grid, 6, 3))


def test_cells_of_one_place_are_there_or_not():
    masks = LINE.masks(500, generator())
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    assert (masks.mean(0) - 0.5).abs().max() < 0.1
    together = torch.corrcoef(masks.T) - torch.eye(4)
    assert together.abs().max() < 0.2


def test_all_places_are_treated_alike_those_at_the_edges_too():
    masks = SQUARE.masks(40_000, generator())
    close(masks.mean(0), torch.full((35,), 0.5).double(), rtol=0, atol=0.01)
    close(masks.var(0), masks.var(0).mean().expand(35), rtol=0.04, atol=0)


def test_the_map_by_loops():
    game = lambda m: m.prod(1) + 2 * m[:, 0]  # noqa: E731
    got = rise(game, LINE, 41, 7)
    masks = LINE.masks(20, generator(7))
    want = torch.zeros(20, 4).double()
    for n, mask in enumerate(masks):
        want[n] = (game(mask[None]) - game(1 - mask[None])) * (mask - 0.5)
    close(got.values[0], want.mean(0))
    close(got.error[0], want.std(0) / 20**0.5)
    close(got.none[0], torch.cat([game(masks), game(1 - masks)]).mean())
    assert got.coalitions == 40


def test_it_is_the_published_map_less_its_constant_and_its_error_is_honest():
    """Over all masks of single cells: E[v m] / p - E[v]."""
    game = lambda m: m[:, :2].prod(1) + m @ torch.tensor([0.5, 0.0, -1.0, 0.2]).double() + 5  # noqa: E731
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).double()] * 4)
    want = (game(every)[:, None] * every).mean(0) / 0.5 - game(every).mean()
    got = [rise(game, LINE, 60, seed) for seed in range(300)]
    values, errors = torch.stack([g.values[0] for g in got]), torch.stack([g.error[0] for g in got])
    assert ((values.mean(0) - want).abs() / (values.std(0) / 300**0.5)).max() < 4
    close(errors.square().mean(0).sqrt(), values.std(0), rtol=0.15, atol=0)


def test_what_a_mask_and_its_opposite_both_get_is_no_noise():
    assert (rise(lambda m: torch.full((len(m),), 9.0).double(), SQUARE, 40, 0).values == 0).all()
    even = rise(lambda m: (m - 0.5).square().sum(1), SQUARE, 40, 0)
    close(even.values, torch.zeros(1, 35).double(), rtol=0, atol=1e-14)


def test_several_games_get_what_each_gets_alone():
    one, other = (lambda m: m.prod(1)), (lambda m: m[:, 0] - m[:, 3])
    both = rise(lambda m: torch.stack([one(m), other(m)], 1), LINE, 30, 0)
    assert torch.equal(both.values[1], rise(other, LINE, 30, 0).values[0])
    assert torch.equal(both.error[0], rise(one, LINE, 30, 0).error[0])


def test_masks_are_made_when_they_are_needed(monkeypatch):
    monkeypatch.setattr("vitrail.games.rise.AT_ONCE", 80)  # ten pairs of four places
    game, asked = counted(lambda m: m.prod(1))
    done = []
    got = rise(game, LINE, 50, 0, done.append)
    assert asked == done == [20, 20, 10]
    assert got.coalitions == 50


@pytest.mark.parametrize("budget", [2, 3, 101])
def test_the_budget_is_kept(budget):
    game, asked = counted(lambda m: m.prod(1))
    assert rise(game, LINE, budget, 0).coalitions == sum(asked) == budget // 2 * 2


def test_ctrl_c_gives_whole_pairs(monkeypatch):
    game = lambda m: m.prod(1)  # noqa: E731
    got = rise(interrupted(game, 31), LINE, 100, 0)
    masks = LINE.masks(50, generator())[:15]
    close(got.values[0], ((game(masks) - game(1 - masks))[:, None] * (masks - 0.5)).mean(0))
    assert got.coalitions == 30
    with pytest.raises(KeyboardInterrupt):
        rise(interrupted(game, 1), LINE, 100, 0)


def test_one_pair_leaves_no_error_to_know_and_less_is_refused():
    assert rise(lambda m: m.prod(1), LINE, 2, 0).error.isnan().all()
    with pytest.raises(BadSetting, match="rise: budget=1 is too small for 4 players. At least 2 evaluations"):
        rise(lambda m: m.prod(1), LINE, 1, 0)
