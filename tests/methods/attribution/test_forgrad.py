"""FORGrad against a Fourier sum done slowly, and on waves that it must keep or drop."""

import math

import numpy as np
import pytest
import torch

import vitrail
from known import Flattened, explained, linear, normal, seeded, smooth, values
from vitrail.methods.attribution.forgrad import FORGrad

close = torch.testing.assert_close


def slowly(values, cutoff):
    """The Fourier sum over all pairs of frequencies, kept where they lie in the disc."""
    height, width = values.shape[-2:]
    y, x = np.mgrid[:height, :width]
    result = np.zeros(values.shape, dtype=complex)
    for v in range(height):
        for u in range(width):
            fv, fu = (min(k, n - k) / n for k, n in ((v, height), (u, width)))  # cycles per pixel, up to 1/2
            if math.hypot(fv, fu) <= cutoff * math.sqrt(0.5) + 1e-9:
                wave = np.exp(2j * np.pi * (v * y / height + u * x / width))
                share = (values * wave.conj()).sum((-2, -1), keepdims=True) / (height * width)
                result += share * wave
    assert np.abs(result.imag).max() < 1e-10
    return torch.as_tensor(result.real)


@pytest.mark.parametrize("cutoff", [0.05, 0.2, 0.4, 0.75, 1.0])
@pytest.mark.parametrize("size", [(6, 6), (5, 7), (8, 3)])
def test_by_a_slow_fourier_sum(size, cutoff):
    given = normal(2, 3, *size)
    got = FORGrad(cutoff=cutoff).filtered(given, ("batch", "channel", "height", "width"))
    close(got, slowly(given.numpy(), cutoff))


def test_it_filters_what_the_method_inside_says():
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    for of in ("gradient", "integrated-gradients", "saliency"):
        expected = slowly(values(net, x, of, 1).numpy(), 0.4)
        close(values(net, x, "forgrad", 1, of=of, cutoff=0.4), expected)


@pytest.mark.parametrize(("cycles", "stays"), [(0, True), (1, True), (2, True), (3, False), (4, False)])
def test_a_wave_stays_whole_or_goes(cycles, stays):
    # 8 pixels: 2 cycles are 1/4 per pixel, and the cutoff is at 0.36 * sqrt(1/2) = 0.2546 of a cycle
    place = torch.arange(8, dtype=torch.float64)
    weight = torch.cos(2 * math.pi * cycles * place / 8).expand(1, 8, 8)
    got = values(linear(weight), normal(1, 1, 8, 8), "forgrad", cutoff=0.36)
    close(got[0], weight if stays else torch.zeros_like(weight), rtol=0, atol=1e-12)


def test_a_wave_at_the_cutoff_stays():
    # 1/4 of a cycle both ways is sqrt(1/8), half of the highest
    place = torch.arange(8, dtype=torch.float64)
    weight = (torch.cos(math.pi * place / 2)[:, None] * torch.cos(math.pi * place / 2)).expand(1, 8, 8)
    close(values(linear(weight), normal(1, 1, 8, 8), "forgrad", cutoff=0.5)[0], weight.contiguous())


def test_all_is_kept_at_one_and_only_the_mean_near_zero():
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    plain = values(net, x, "gradient", 1)
    close(values(net, x, "forgrad", 1, cutoff=1.0), plain)
    close(values(net, x, "forgrad", 1, cutoff=0.01), plain.mean((2, 3), keepdim=True).expand_as(plain))


def test_completeness_is_kept():
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    plain, filtered = (explained(net, x, name, 1, **more).checks["completeness_gap"] for name, more in
                       (("integrated-gradients", {}), ("forgrad", {"of": "integrated-gradients"})))  # fmt: skip
    close(torch.as_tensor(filtered), torch.as_tensor(plain), rtol=0, atol=1e-10)
    assert filtered.max() < 1e-6


def test_height_and_width_may_stand_anywhere():
    given = normal(2, 6, 5, 3)
    got = FORGrad(cutoff=0.4).filtered(given, ("batch", "height", "width", "channel"))
    close(got, slowly(given.movedim(3, 1).numpy(), 0.4).movedim(1, 3))


def test_a_map_is_filtered_too():
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    plain = explained(net, x, "hires-cam", 1)
    answer = explained(net, x, "forgrad", 1, of="hires-cam", cutoff=0.4)
    close(torch.as_tensor(answer.values), slowly(plain.values, 0.4))
    assert answer.kind == "map"
    assert answer.axes["values"] == ("batch", "height", "width")
    assert "layer_map" not in answer.arrays  # it is not filtered, so it is not kept beside


def test_the_error_before_the_filter_bounds_the_error_after():
    # a filter takes away, so the overall error of what is left is smaller
    net, x = seeded(Flattened(), 2), normal(1, 2, 6, 6, seed=12)
    of = {"method": "smoothgrad", "std": 0.5, "samples": 5}
    answers = [explained(net, x, "forgrad", 1, of={**of, "seed": s}, cutoff=0.4) for s in range(30)]
    found = torch.stack([torch.as_tensor(a.values) for a in answers])
    spread = (found - found.mean(0)).square().mean().sqrt()
    said = torch.as_tensor(np.array([a.checks["standard_error"] for a in answers])).square().mean().sqrt()
    assert spread < said


@pytest.mark.parametrize("cutoff", [0.0, -0.1, 1.1, float("nan")])
def test_a_cutoff_outside_of_its_range_is_refused(cutoff):
    with pytest.raises(vitrail.VitrailError, match="FORGrad: cutoff="):
        explained(seeded(Flattened(), 2), normal(2, 2, 6, 6), "forgrad", cutoff=cutoff)


def test_what_is_no_picture_is_refused():
    with pytest.raises(vitrail.VitrailError, match="filters pictures") as error:
        explained(smooth(), normal(2, 5), "forgrad")
    assert error.value.code == "bad-input"
