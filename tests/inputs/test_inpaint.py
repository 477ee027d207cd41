"""Inpainting: what is there stays, constants stay, ramps are continued, and nothing is ever no number."""

import pytest
import torch

import vitrail
from known import Pooled, explained, normal, seeded
from vitrail.errors import BadSetting
from vitrail.inputs.inpaint import inpaint

close = torch.testing.assert_close
FIRST, LAST = ("batch", "channel", "height", "width"), ("batch", "height", "width", "channel")
SIZES = [(1, 1), (1, 7), (2, 2), (5, 8), (16, 16), (13, 31)]


def filled(x, here, axes=FIRST):
    """Every example with what is there of it: here (batch, ...), broadcastable to x."""
    rows = torch.arange(len(x))
    return inpaint(x, axes)(rows, torch.zeros_like(rows), here)


def holes(count, height, width, seed=0):
    """(count, 1, height, width) masks, from none there to all."""
    share = torch.linspace(0, 1, count).double()[:, None, None, None]
    drawn = torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn < share


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_what_is_there_is_untouched_and_nothing_is_no_number(height, width):
    x, here = normal(9, 2, height, width), holes(9, height, width)
    got = filled(x, here)
    assert (got[here.expand_as(x)] == x[here.expand_as(x)]).all()
    assert got.isfinite().all()
    assert (got.amax((2, 3)) <= x.amax((2, 3)) + 1e-9).all()  # means of what is there, or of all
    assert (got.amin((2, 3)) >= x.amin((2, 3)) - 1e-9).all()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_constant_picture_stays_constant(height, width):
    x = torch.full((9, 2, height, width), 3.7).double()
    close(filled(x, holes(9, height, width)), x)


def test_nothing_there_is_the_mean_of_every_channel():
    x = normal(3, 2, 9, 6)
    got = filled(x, torch.zeros(3, 1, 1, 1, dtype=torch.bool))
    close(got, x.mean((2, 3), keepdim=True).expand_as(x))


@pytest.mark.parametrize("size", [2, 3, 5, 8])
def test_a_ramp_is_continued_through_a_hole(size):
    """Its slope is 1 for a pixel; a hole filled with the mean around it would be off by half of its side."""
    down, right = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    x = (down + 2 * right).double()[None, None]
    here = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    here[..., 11 : 11 + size, 9 : 9 + size] = False
    away = (filled(x, here) - x)[~here].abs()
    assert away.max() < 0.35 * size
    assert away.mean() < 0.12 * size


def test_the_way_on_is_smooth():
    """Beside a picture of two halves the hole between them goes from one to the other without a jump of its own."""
    x = torch.zeros(1, 1, 16, 32).double()
    x[..., 16:] = 1
    here = torch.ones_like(x, dtype=torch.bool)
    here[..., 8:24] = False
    line = filled(x, here)[0, 0, 8]
    assert (line.diff() > -1e-9).all()
    assert line.diff().max() < 0.25


def test_one_known_pixel_is_everywhere_wherever_it_is():
    x = normal(1, 3, 10, 7).expand(70, -1, -1, -1)
    here = torch.eye(70, dtype=torch.bool).reshape(70, 1, 10, 7)
    close(filled(x, here), x[0].flatten(1).T[:, :, None, None].expand_as(x))


def test_every_layout_and_every_channel_for_itself():
    x = normal(2, 3, 12, 10)
    here = torch.rand(2, 3, 12, 10, generator=torch.Generator().manual_seed(1)) < 0.5
    got = filled(x, here)
    close(filled(x.movedim(1, -1), here.movedim(1, -1), LAST), got.movedim(1, -1))
    for c in range(3):
        close(got[:, c : c + 1], filled(x[:, c : c + 1], here[:, c : c + 1]))


def test_an_example_gets_the_same_alone():
    x, here = normal(4, 2, 12, 10), holes(4, 12, 10)
    for i, got in enumerate(filled(x, here)):
        close(filled(x[i : i + 1], here[i : i + 1])[0], got)


def test_places_there_in_part_are_mixed():
    x, half = normal(1, 1, 6, 6), torch.full((1, 1, 6, 6), 0.5).double()
    close(filled(x, half), x)  # all that is known says x
    half[..., 2:4, 2:4] = 0
    there = half > 0
    got = filled(x, half)
    close(got[there], x[there])
    assert (got[~there] - x[~there]).abs().min() > 1e-3


def test_methods_play_with_it():
    net, x = seeded(Pooled(classes=2), 1), normal(2, 1, 8, 8)
    got = explained(net, x, "permutation-shap", 1, patch=4, fill="inpaint", budget=50)
    assert got.checks["completeness_gap"].max() < 1e-12
    mean = net(x.mean((2, 3), keepdim=True).expand_as(x))[:, 1].detach()
    close(torch.tensor(got.base_value), mean)
    assert got.provenance["settings"]["fill"] == "inpaint"


@pytest.mark.parametrize("axes", [("batch", "feature"), ("batch", "token", "feature"), ("batch", "channel", "step")])
def test_what_is_no_picture_is_refused(axes):
    with pytest.raises(BadSetting, match="fill='inpaint' needs pictures; x has the axes"):
        inpaint(torch.zeros([2] * len(axes)), axes)


def test_a_baseline_beside_it_is_refused():
    with pytest.raises(BadSetting, match="fill='inpaint' was given the baseline 'blur', of which it would use nothing"):
        vitrail.explain(vitrail.open(seeded(Pooled())), normal(1, 1, 8, 8), "lime", fill="inpaint", baseline="blur")
