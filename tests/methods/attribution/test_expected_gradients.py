"""Expected gradients: exact where it can be, unbiased, and surer than its standard error says."""

import pytest
import torch

from known import cubic, explained, linear, normal, quadratic, smooth, squares, symmetric, values

close = torch.testing.assert_close
NAME = "expected-gradients"


def test_of_a_linear_function_it_is_weight_times_the_step_from_the_mean():
    # every one of the 4 backgrounds is used 3 times, so that nothing is left to chance
    x, w, background = normal(3, 5), normal(5, seed=1), normal(4, 5, seed=9)
    got = values(linear(w, 2.0), x, NAME, baseline=background.numpy(), samples=12)
    close(got, (x - background.mean(0)) * w)


def test_the_whole_background_is_used_on_average_also_when_there_are_few_samples():
    # one sample of a background of 3: over seeds every background must come up equally often
    x, w = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    background = torch.tensor([[1.0], [10.0], [100.0]]).numpy()
    drawn = [-float(values(linear(w), x, NAME, baseline=background, samples=1, seed=s)) for s in range(300)]
    counts = torch.tensor([drawn.count(b) for b in (1.0, 10.0, 100.0)])
    assert counts.sum() == 300
    assert counts.min() > 70  # expected 100 +- 8; those past `samples` were once never used


@pytest.mark.parametrize("samples", [1, 2, 4, 5])
def test_it_is_unbiased(samples):
    # mean over seeds of the estimate for a quadratic form, whose answer is known
    x, background, a = normal(1, 3), normal(2, 3, seed=9), symmetric(3)
    exact = torch.stack([(x - b) * ((x + b) @ a) / 2 for b in background]).mean(0)
    found = torch.stack([values(quadratic(a), x, NAME, baseline=background.numpy(), samples=samples, seed=s)
                         for s in range(400)])  # fmt: skip
    sure = found.std(0) / 400**0.5
    assert ((found.mean(0) - exact).abs() < 4 * sure).all()
    assert (sure < 0.15 * exact.abs().max()).all()


def test_points_are_spread_evenly_along_the_path():
    # f = x^2 / 2 from 0: the estimate is x^2 mean(t), and one t in each of n strata is at most 1 / (2 n) off;
    # independent draws would be off by 0.29 / sqrt(n), six times as much
    x, n = torch.ones(1, 1, dtype=torch.float64), 25
    offs = [float(values(squares(torch.ones(1)), x, NAME, baseline=0.0, samples=n, seed=s)) - 0.5 for s in range(20)]
    assert max(map(abs, offs)) <= 1 / (2 * n)
    assert max(map(abs, offs)) > 1e-5


def test_many_samples_lead_to_integrated_gradients():
    net, x, background = smooth(), normal(3, 5), normal(3, 5, seed=9).numpy()
    exact = values(net, x, "integrated-gradients", 1, baseline=background)
    answer = explained(net, x, NAME, 1, baseline=background, samples=999)
    error = torch.as_tensor(answer.arrays["standard_error"])
    assert ((torch.as_tensor(answer.values) - exact).abs() < 3 * error).all()
    assert (error < 0.1 * exact.abs().max()).all()


def test_the_standard_error_is_that_of_independent_pairs_and_so_an_upper_bound():
    # over 40 seeds and 60 inputs: the true spread is below what is said; one baseline, so only strata differ
    x = normal(1, 60)
    answers = [explained(cubic(), x, NAME, baseline=0.0, samples=16, seed=s) for s in range(40)]
    said = torch.stack([torch.as_tensor(a.arrays["standard_error"]) for a in answers]).square().mean(0).sqrt()
    off = torch.stack([torch.as_tensor(a.values) - x**3 / 3 for a in answers]).square().mean(0).sqrt()
    assert (off < said).all()
    # independent pairs (x^3 t^2, t uniform): variance x^6 (1/5 - 1/9), by 16
    close(said, x.abs() ** 3 * ((1 / 5 - 1 / 9) / 16) ** 0.5, rtol=0.1, atol=0)
