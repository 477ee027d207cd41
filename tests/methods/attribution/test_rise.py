"""RISE of networks: the estimator is proved beside it; here masks meet pictures, steps, columns and tokens."""

import numpy as np
import pytest
import torch

import vitrail
from known import Function, explained, linear, normal, picture_net, smooth
from vitrail.errors import BadInput, BadSetting
from vitrail.games.rise import Grid

close = torch.testing.assert_close


def by_loops(net, index, x, grid, budget, seed, baseline=0.0):
    """(batch, places): masks on x one by one, antithetic pairs, as the formula says."""
    masks = grid.masks(budget // 2, torch.Generator().manual_seed(seed))
    total = torch.zeros(len(x), grid.places).double()
    for mask in masks:
        shaped = mask.reshape(1, 1, *grid.sides)
        one, other = (net(baseline + m * (x - baseline))[:, index].detach() for m in (shaped, 1 - shaped))
        total += (one - other)[:, None] * (mask - 0.5)
    return total / len(masks)


def test_a_map_of_pictures_by_loops():
    net, x = picture_net("rise"), normal(3, 2, 8, 6)
    got = explained(net, x, "rise", 1, patch=3, budget=40, seed=5, baseline=0.25)
    assert (got.kind, got.axes["values"], got.values.shape) == ("map", ("batch", "height", "width"), (3, 8, 6))
    assert got.axes["standard_error"] == got.axes["values"]
    close(torch.tensor(got.values).flatten(1), by_loops(net, 1, x, Grid((8, 6), 3), 40, 5, 0.25))
    assert got.checks["coalitions"] == 40


def test_channels_may_come_last():
    net, x = picture_net("rise"), normal(2, 2, 8, 6)
    first = explained(net, x, "rise", 1, budget=20)
    with vitrail.open(net).asking(x) as model:
        packed = model.question.packed
    last = type(packed)(x, packed.axes, packed.feed, packed.unpack, packed.out_axes)
    close(explained(net, last, "rise", 1, budget=20).values, first.values)


def test_windows_of_time():
    net, x = Function(lambda x: (x * normal(9, 1)).sum((1, 2))), normal(2, 9, 3)
    got = explained(net, x, "rise", patch=2, budget=30)
    assert (got.kind, got.axes["values"], got.values.shape) == ("players", ("batch", "step"), (2, 9))
    masks = Grid((9,), 2).masks(15, torch.Generator().manual_seed(0))
    falls = [net(x * m[:, None])[:, 0] - net(x * (1 - m)[:, None])[:, 0] for m in masks]
    want = torch.stack([fall[:, None] * (m - 0.5) for fall, m in zip(falls, masks, strict=True)]).mean(0)
    close(torch.tensor(got.values), want)


def test_columns_of_a_linear_network_get_half_of_what_they_add():
    weight, x = normal(5), normal(2, 5, seed=1)
    got = explained(linear(weight), x, "rise", budget=4000)
    assert got.axes["values"] == ("batch", "feature")
    away = (torch.tensor(got.values) - weight * x / 2) / torch.tensor(got.arrays["standard_error"])
    assert away.abs().max() < 4
    assert np.abs(got.values).max() > 10 * got.arrays["standard_error"].max()


def test_where_the_network_looks_is_where_the_map_is_high():
    net = Function(lambda x: x[:, :, 2:6, 12:15].mean((1, 2, 3)))
    got = explained(net, torch.ones(1, 1, 16, 20).double(), "rise", patch=3, budget=2000)
    row, column = np.unravel_index(got.values[0].argmax(), (16, 20))
    assert 1 <= row <= 6
    assert 11 <= column <= 15
    assert got.values[0].max() > 20 * got.arrays["standard_error"][0].max()


def test_progress_is_one_count_over_all_masks(monkeypatch):
    monkeypatch.setattr("vitrail.games.rise.AT_ONCE", 8 * 6 * 10)  # five pairs
    model, x, heard = vitrail.open(picture_net("rise")), normal(2, 2, 8, 6), []
    vitrail.explain(model, x, "rise", 1, budget=25, progress=lambda *at: heard.append(at))
    assert heard == [(20, 48), (40, 48), (48, 48)]


def test_it_is_no_share_of_the_target():
    got = explained(smooth(5), normal(2, 5), "rise", 1, budget=20)
    assert np.isnan(got.checks["completeness_gap"]).all()
    with pytest.raises(BadInput, match="rise gives no base value"):
        got.base_value  # noqa: B018


@pytest.mark.parametrize(
    ("x", "settings", "words"),
    [
        (normal(2, 2, 8, 6), {"patch": 7}, "rise: patch=7 does not fit 8 x 6 places. At most 6 was expected"),
        (normal(2, 5), {"patch": 2}, "patch=2 does not fit columns or tokens, each a cell by itself"),
        (normal(2, 5), {"budget": 1}, "rise: budget=1 is too small for 5 players"),
        (normal(2, 5), {"players": "columns"}, "no setting 'players'"),
    ],
)
def test_what_does_not_fit_is_refused(x, settings, words):
    with pytest.raises(BadSetting, match=words):
        explained(smooth(5) if x.ndim == 2 else picture_net("rise"), x, "rise", **settings)
