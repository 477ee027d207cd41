"""Linear imputation: the dense system of the definition, ramps, constants, noise, and who shares what."""

import numpy as np
import pytest
import torch

import vitrail
from known import Pooled, explained, normal, seeded
from vitrail.errors import BadSetting
from vitrail.inputs.imputed import STD, imputed

close = torch.testing.assert_close
FIRST, LAST = ("batch", "channel", "height", "width"), ("batch", "height", "width", "channel")
SIZES = [(1, 1), (1, 7), (2, 2), (5, 8), (13, 11)]


def filled(x, here, axes=FIRST, std=0.0, seed=0):
    """Every example with what is there of it: here (batch, ...), broadcastable to x."""
    rows = torch.arange(len(x))
    return imputed(x, axes, std, seed)(rows, torch.zeros_like(rows), here)


def holes(count, height, width, seed=0):
    """(count, 1, height, width) masks, from none there to all."""
    share = torch.linspace(0, 1, count).double()[:, None, None, None]
    drawn = torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn < share


def slow(picture, known):
    """One channel by its definition: a dense row for each pixel, equal to itself or to the mean of its neighbours."""
    height, width = picture.shape
    places = [(i, j) for i in range(height) for j in range(width)]
    matrix, right = np.zeros((len(places), len(places))), np.zeros(len(places))
    for row, (i, j) in enumerate(places):
        if known[i, j]:
            matrix[row, row], right[row] = 1, picture[i, j]
            continue
        beside = {
            (k, m): 1 / 6 if k == i or m == j else 1 / 12
            for k in (i - 1, i, i + 1)
            for m in (j - 1, j, j + 1)
            if (k, m) != (i, j) and 0 <= k < height and 0 <= m < width
        }
        matrix[row, row] = 1
        for place, weight in beside.items():
            matrix[row, places.index(place)] = -weight / sum(beside.values())
    return np.linalg.solve(matrix, right).reshape(height, width)


@pytest.mark.parametrize(("height", "width"), SIZES[1:])
def test_the_dense_system_of_the_definition(height, width):
    x, here = normal(6, 2, height, width), holes(6, height, width, seed=3)
    here[0, 0, 0, -1] = True  # of nothing at all the system has no answer
    assert 0 < here[1:5].double().mean() < 1
    got = filled(x, here)
    expected = [[slow(c.numpy(), h[0].numpy()) for c in each] for each, h in zip(x, here, strict=True)]
    close(got, torch.tensor(np.array(expected)))


def test_a_pixel_alone_is_the_weighted_mean_around_it():
    x = torch.arange(9.0).reshape(1, 1, 3, 3).double() ** 2
    here = torch.ones(1, 1, 3, 3, dtype=torch.bool)
    here[..., 1, 1] = False
    # (1 + 9 + 25 + 49) / 6 + (0 + 4 + 36 + 64) / 12
    close(filled(x, here)[0, 0, 1, 1], torch.tensor(84 / 6 + 104 / 12).double())
    here[..., 1, 1], here[..., 0, 0] = True, False
    # at a corner two beside it and one across it are left: (1 / 6 + 9 / 6 + 16 / 12) / (5 / 12)
    close(filled(x, here)[0, 0, 0, 0], torch.tensor((10 / 6 + 16 / 12) * 12 / 5).double())


@pytest.mark.parametrize("size", [1, 5, 20])
def test_a_ramp_is_continued_exactly(size):
    down, right = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    x = (down - 3 * right).double().repeat(2, 3, 1, 1)
    here = torch.ones(2, 1, 32, 32, dtype=torch.bool)
    here[..., 5 : 5 + size, 8 : 8 + size] = False
    close(filled(x, here), x)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_what_is_there_is_untouched_and_nothing_overshoots(height, width):
    x, here = normal(9, 2, height, width), holes(9, height, width)
    for std in (0.0, 0.3):
        got = filled(x, here, std=std)
        assert (got[here.expand_as(x)] == x[here.expand_as(x)]).all()
        assert got.isfinite().all()
    got = filled(x, here)
    assert (got.amax((2, 3)) <= x.amax((2, 3)) + 1e-9).all()
    assert (got.amin((2, 3)) >= x.amin((2, 3)) - 1e-9).all()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_constant_picture_stays_constant(height, width):
    x = torch.full((9, 2, height, width), 3.7).double()
    close(filled(x, holes(9, height, width)), x)


def test_nothing_there_is_the_mean_of_every_channel():
    x = normal(3, 2, 9, 6)
    got = filled(x, torch.zeros(3, 1, 1, 1, dtype=torch.bool))
    close(got, x.mean((2, 3), keepdim=True).expand_as(x))


def test_one_known_pixel_is_everywhere():
    x = normal(1, 3, 5, 4).expand(20, -1, -1, -1)
    here = torch.eye(20, dtype=torch.bool).reshape(20, 1, 5, 4)
    close(filled(x, here), x[0].flatten(1).T[:, :, None, None].expand_as(x))


def test_every_layout_and_every_channel_for_itself():
    x = normal(2, 3, 12, 10)
    here = torch.rand(2, 3, 12, 10, generator=torch.Generator().manual_seed(1)) < 0.5
    got = filled(x, here)
    close(filled(x.movedim(1, -1), here.movedim(1, -1), LAST), got.movedim(1, -1))
    close(filled(x[:, 0], here[:, 0], ("batch", "height", "width")), got[:, 0])
    for c in range(3):
        close(got[:, c : c + 1], filled(x[:, c : c + 1], here[:, c : c + 1]))


def test_an_example_gets_the_same_alone():
    x, here = normal(4, 2, 12, 10), holes(4, 12, 10)
    for i, got in enumerate(filled(x, here, std=0.1)):
        close(filled(x[i : i + 1], here[i : i + 1], std=0.1)[0], got, rtol=0, atol=0)


def test_rows_may_come_in_any_order_and_more_than_once():
    x, here = normal(3, 1, 6, 6), holes(4, 6, 6)
    rows = torch.tensor([2, 0, 2, 1])
    got = imputed(x, FIRST, 0.0)(rows, torch.zeros_like(rows), here)
    close(got, filled(x[rows], here))


def test_the_noise_has_the_asked_spread_and_comes_again():
    x, here = torch.zeros(2, 3, 40, 40).double(), holes(2, 40, 40)
    here[:] = False
    here[..., ::7] = True
    got = filled(x, here, std=0.5, seed=4)
    drawn = got[0][~here[0].expand(3, -1, -1)]
    assert len(drawn) > 4000
    # a standard error of 0.5 / sqrt(2 * 4000) = 0.006; a variance of 0.5 would be a spread of 0.71
    assert abs(drawn.std() - 0.5) < 0.03
    assert abs(drawn.mean()) < 0.04
    close(got[0], got[1], rtol=0, atol=0)
    close(filled(x, here, std=0.5, seed=4), got, rtol=0, atol=0)
    assert (filled(x, here, std=0.5, seed=5) - got).abs().max() > 0.1
    assert imputed(x, FIRST).std == STD == 0.01


def test_global_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    filled(normal(1, 1, 4, 4), holes(1, 4, 4), std=0.1)
    close(torch.rand(3), expected)


def test_places_there_in_part_are_known():
    x, half = normal(1, 1, 6, 6), torch.full((1, 1, 6, 6), 0.5).double()
    close(filled(x, half), x)
    half[..., 2:4, 2:4] = 0
    close(filled(x, half), filled(x, half > 0))
    assert (filled(x, half) - x)[half == 0].abs().min() > 1e-3


def test_the_type_stays():
    got = filled(normal(2, 1, 6, 6).float(), holes(2, 6, 6), std=0.1)
    assert got.dtype == torch.float32


def test_methods_play_with_it():
    net, x = seeded(Pooled(classes=2), 1), normal(2, 1, 8, 8)
    got = explained(net, x, "permutation-shap", 1, patch=4, fill="linear", budget=50)
    assert got.checks["completeness_gap"].max() < 1e-12
    empty = imputed(x, FIRST)(torch.arange(2), torch.zeros(2).long(), torch.zeros(2, 1, 1, 1, dtype=torch.bool))
    close(torch.tensor(got.base_value), net(empty)[:, 1].detach())
    assert got.provenance["settings"]["fill"] == "linear"


@pytest.mark.parametrize("axes", [("batch", "feature"), ("batch", "token", "feature"), ("batch", "channel", "step")])
def test_what_is_no_picture_is_refused(axes):
    with pytest.raises(BadSetting, match="fill='linear' needs pictures; x has the axes"):
        imputed(torch.zeros([2] * len(axes)), axes)


def test_a_baseline_beside_it_is_refused():
    with pytest.raises(BadSetting, match="fill='linear' was given the baseline 'blur', of which it would use nothing"):
        vitrail.explain(vitrail.open(seeded(Pooled())), normal(1, 1, 8, 8), "lime", fill="linear", baseline="blur")
