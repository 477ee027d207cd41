"""Deep SHAP: DeepLIFT over a background, and how sure it is."""

from itertools import combinations, permutations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import vitrail
from known import F64, Function, explained, linear, maximum, normal, rectified, smooth, values

close = torch.testing.assert_close
X, BACKGROUND = normal(3, 5, seed=1), normal(6, 5, seed=2)


def test_with_all_references_it_is_the_mean_of_deeplift_and_has_no_error():
    answer = explained(smooth(), X, "deep-shap", 1, baseline=BACKGROUND)
    mean = torch.stack([values(smooth(), X, "deeplift", 1, baseline=b) for b in BACKGROUND]).mean(0)
    close(torch.as_tensor(answer.values), mean)
    assert np.abs(answer.arrays["standard_error"]).max() == 0
    assert np.abs(answer.checks["standard_error"]).max() == 0
    assert answer.checks["completeness_gap"].max() < 1e-12
    assert answer.checks["evaluations"] == 2 * 6 * 3


def test_one_reference_is_deeplift():
    answer = explained(smooth(), X, "deep-shap", 1, baseline=0.3)
    close(torch.as_tensor(answer.values), values(smooth(), X, "deeplift", 1, baseline=0.3))
    assert (answer.checks["standard_error"] == 0).all()


def test_fewer_samples_are_drawn_without_repetition_and_every_draw_is_as_likely():
    """The mean over all subsets of the background is the mean over the background."""
    each = torch.stack([values(rectified(), X, "deeplift", 1, baseline=b) for b in BACKGROUND])
    subsets = {c: each[list(c)].mean(0) for c in combinations(range(6), 2)}
    seen = set()
    for seed in range(60):
        found = values(rectified(), X, "deep-shap", 1, baseline=BACKGROUND, samples=2, seed=seed)
        seen |= {c for c, mean in subsets.items() if (found - mean).abs().max() < 1e-12}
    assert seen == set(subsets)


def test_the_error_is_that_of_draws_without_repetition():
    """Over all subsets of the background, its square is the variance of the estimate on average."""
    each = torch.stack([values(rectified(), X, "deeplift", 1, baseline=b) for b in BACKGROUND])
    truth = torch.stack([each[list(c)].mean(0) for c in combinations(range(6), 3)]).var(0, correction=0)
    errors = {}
    for seed in range(400):
        order = torch.randperm(6, generator=torch.Generator().manual_seed(seed))[:3].tolist()
        drawn = tuple(sorted(order))
        if drawn not in errors:
            answer = explained(rectified(), X, "deep-shap", 1, baseline=BACKGROUND, samples=3, seed=seed)
            errors[drawn] = torch.as_tensor(answer.arrays["standard_error"]).square()
        if len(errors) == 20:
            break
    assert truth.max() > 1e-3
    close(torch.stack(list(errors.values())).mean(0), truth)


def test_a_single_draw_of_several_does_not_know_its_error():
    answer = explained(smooth(), X, "deep-shap", 1, baseline=BACKGROUND, samples=1)
    assert np.isnan(answer.checks["standard_error"]).all()


def test_more_samples_than_references_change_nothing():
    few, many = (explained(smooth(), X, "deep-shap", 1, baseline=BACKGROUND, samples=n) for n in (6, 1000))
    close(few.values, many.values)
    assert few.checks["evaluations"] == many.checks["evaluations"]


def test_on_a_linear_network_it_is_the_shapley_value():
    weight = normal(5, seed=7)
    close(values(linear(weight), X, "deep-shap", baseline=BACKGROUND), weight * (X - BACKGROUND.mean(0)))


def shapley(f, x, background):
    """By its definition: the mean over all orders of what each input changes, the rest from the background."""
    n, found = len(x), torch.zeros_like(x)
    orders = list(permutations(range(n)))
    for b in background:
        for order in orders:
            point = b.clone()
            for i in order:
                before = f(point[None])
                point[i] = x[i]
                found[i] += (f(point[None]) - before)[0] / len(orders) / len(background)
    return found


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[:, 0] * x[:, 1] + torch.tanh(x[:, 2]),
        lambda x: F.relu(x[:, 0] - 0.2) + x[:, 1] * x[:, 2] + x[:, 0] ** 3,
    ],
    ids=["product", "sum"],
)
def test_where_inputs_meet_only_in_pairs_of_factors_it_is_the_shapley_value(f):
    x, background = X[:, :3], BACKGROUND[:4, :3]
    expected = torch.stack([shapley(f, one, background) for one in x])
    close(values(Function(f), x, "deep-shap", baseline=background), expected)


def test_elsewhere_it_is_none():
    """The largest of two: DeepLIFT gives the whole rise to the winner."""
    x, b = torch.tensor([[3.0, 2.0]], dtype=F64), torch.zeros(1, 2, dtype=F64)
    close(values(maximum(), x, "deep-shap", baseline=b), torch.tensor([[3.0, 0.0]], dtype=F64))
    close(shapley(lambda x: x.amax(1), x[0], b), torch.tensor([2.0, 1.0], dtype=F64))


def test_a_background_may_differ_from_example_to_example():
    own = lambda x, axes: torch.stack([0 * x, 0.5 * x])  # noqa: E731 - one line says it
    answer = vitrail.explain(vitrail.open(smooth()), X, "deep-shap", 1, baseline=own)
    expected = [values(smooth(), one[None], "deeplift", 1, baseline=torch.stack([0 * one, 0.5 * one])) for one in X]
    close(torch.as_tensor(answer.values), torch.cat(expected))
