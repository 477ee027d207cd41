"""SmoothGrad: the spread of the noise is seen where nothing else is, and the standard error is right."""

import pytest
import torch

import vitrail
from known import cubic, explained, linear, normal, quadratic, smooth, squares, symmetric, values

close = torch.testing.assert_close


def test_of_a_cubic_at_zero_it_is_the_square_of_the_deviation():
    # E (x + e)^2 = std^2 at x = 0. The mean over 5 x 2000 draws is sqrt(2 / 10000) = 1.4 % off; the nearest wrong
    # answer, the deviation taken for the variance, is 75 % off (std^4 = 0.0625), the variance for the deviation 300 %
    x, std = torch.zeros(1, 5, dtype=torch.float64), 0.5
    got = values(cubic(), x, "smoothgrad", std=std, samples=2000)
    close(got.mean(), torch.tensor(std**2, dtype=x.dtype), rtol=0.06, atol=0)


def test_of_a_cubic_it_is_the_square_and_the_variance():
    x = torch.full((1, 2000), 0.7, dtype=torch.float64)
    got = values(cubic(), x, "smoothgrad", std=0.5, samples=20)  # 40000 draws: 0.4 % off
    close(got.mean(), torch.tensor(0.7**2 + 0.5**2, dtype=x.dtype), rtol=0.02, atol=0)


@pytest.mark.parametrize("samples", [1, 2, 3, 50])
def test_where_the_gradient_is_constant_noise_changes_nothing(samples):
    # exactly: a division by samples - 1 would be 1 / 49 off at the least
    x, w = normal(3, 5), normal(5, seed=1)
    close(values(linear(w), x, "smoothgrad", std=1.0, samples=samples), w.expand(3, 5))


@pytest.mark.parametrize("of", ["gradient", "integrated-gradients", "saliency", "idgi"])
def test_without_noise_it_is_the_method_itself(of):
    net, x = smooth(), normal(3, 5)
    close(values(net, x, "smoothgrad", 1, of=of, std=0.0, samples=3), values(net, x, of, 1))


def test_other_methods_are_averaged_too():
    # input * gradient of x A x / 2 is x * (A x): its mean under noise is x * (A x) + std^2 diag(A)
    x, a = torch.zeros(1, 4, dtype=torch.float64), symmetric(4)
    got = values(quadratic(a), x, "smoothgrad", of="input-x-gradient", std=0.5, samples=20000)
    close(got[0], 0.25 * a.diag(), rtol=0, atol=0.25 * 0.07 * a.abs().max().item())


def test_draws_are_independent_of_each_other():
    # with the same noise for every sample the mean would be no better than one draw
    x = torch.zeros(1, 4000, dtype=torch.float64)
    one, many = (values(squares(torch.ones(4000)), x, "smoothgrad", std=1.0, samples=n) for n in (1, 25))
    close(one.std(), torch.tensor(1.0, dtype=x.dtype), rtol=0.05, atol=0)
    close(many.std(), torch.tensor(0.2, dtype=x.dtype), rtol=0.05, atol=0)


def test_the_standard_error_covers_as_often_as_it_should():
    # 3000 inputs whose gradient is w (x + e): each is an experiment of its own. Two errors cover 95.4 % of normal
    # draws (94.5 % with an estimated error and 50 samples); without the root of `samples` it would be 100 %,
    # for half the error 68 %
    x = normal(1, 3000)
    answer = explained(squares(torch.full((3000,), 2.0)), x, "smoothgrad", std=0.5, samples=50)
    off = (torch.as_tensor(answer.values) - 2 * x).abs()
    error = torch.as_tensor(answer.arrays["standard_error"])
    covered = (off <= 2 * error).double().mean()
    assert 0.93 < covered < 0.965
    close(error.square().mean().sqrt(), torch.tensor(2 * 0.5 / 50**0.5, dtype=x.dtype), rtol=0.02, atol=0)
    close(torch.as_tensor(answer.checks["standard_error"]), error.square().mean(1).sqrt())


def test_one_sample_knows_no_error():
    answer = explained(smooth(), normal(2, 5), "smoothgrad", samples=1)
    assert torch.as_tensor(answer.arrays["standard_error"]).isnan().all()


def test_falls_that_do_not_add_up_are_not_added_up():
    # the values of occlusion overlap: neither they nor their mean may be held against the change
    plain = explained(smooth(), normal(2, 5), "occlusion", patch=2, stride=1)
    answer = explained(smooth(), normal(2, 5), "smoothgrad", of={"method": "occlusion", "patch": 2, "stride": 1})
    assert torch.as_tensor(plain.checks["completeness_gap"]).isnan().all()
    assert torch.as_tensor(answer.checks["completeness_gap"]).isnan().all()
    adding = explained(smooth(), normal(2, 5), "smoothgrad", of="integrated-gradients", std=0.0)
    assert torch.as_tensor(adding.checks["completeness_gap"]).max() < 1e-9


@pytest.mark.parametrize(
    "settings",
    [{"std": -0.1}, {"std": float("nan")}, {"std": float("inf")}, {"samples": 0}, {"seed": -1}, {"seed": 2**64}],
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(vitrail.VitrailError, match=f"SmoothGrad: {next(iter(settings))}="):
        explained(smooth(), normal(2, 5), "smoothgrad", **settings)


def test_the_method_inside_is_checked_too():
    with pytest.raises(vitrail.VitrailError, match="IntegratedGradients: steps=0"):
        explained(smooth(), normal(2, 5), vitrail.SmoothGrad(of=vitrail.IntegratedGradients(steps=0)))
    with pytest.raises(vitrail.VitrailError, match="no method named 'gradeint'. Did you mean 'gradient'"):
        explained(smooth(), normal(2, 5), "smoothgrad", of="gradeint")
