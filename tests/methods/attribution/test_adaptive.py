"""As many points as each example needs, and never more than the limit."""

import pytest
import torch

from known import Function, cubic, explained, normal, rectified, smooth
from vitrail.methods.attribution.adaptive import FIRST

close = torch.testing.assert_close


def ask(net, x, tolerance, target=0, **settings):
    answer = explained(net, x, "integrated-gradients", target, tolerance=tolerance, **settings)
    return answer, {k: torch.as_tensor(v) for k, v in answer.checks.items() if hasattr(v, "shape")}


def test_polynomials_take_the_first_attempt_only():
    x = normal(4, 5)
    answer, checks = ask(cubic(), x, 1e-9)
    close(torch.as_tensor(answer.values), x**3 / 3)
    assert checks["steps_used"].tolist() == [FIRST] * 4
    assert checks["tolerance_met"].all()
    assert answer.checks["gradients"] == FIRST * 4


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-6])
def test_the_tolerance_is_met_on_a_smooth_network(tolerance):
    net, x = smooth(), 3 * normal(6, 5)
    _, checks = ask(net, x, tolerance, 1)
    change = (net(x) - net(0 * x))[:, 1].detach().abs()
    assert (checks["completeness_gap"] <= tolerance * change).all()
    assert checks["tolerance_met"].all()


def test_a_smaller_tolerance_takes_more_points():
    net, x = smooth(), 3 * normal(6, 5)
    used = [ask(net, x, tolerance, 1)[1]["steps_used"] for tolerance in (1e-1, 1e-3, 1e-6)]
    assert (used[0] <= used[1]).all()
    assert (used[1] <= used[2]).all()
    assert used[0].sum() < used[1].sum() < used[2].sum()


def test_examples_stop_one_by_one_and_get_what_they_get_alone():
    # the first column is straight, and done at once; the second has a kink on its way
    net = Function(lambda x: 3 * x[:, 0] + torch.relu(x[:, 1] - 0.37))
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.5]], dtype=torch.float64)
    answer, checks = ask(net, x, 1e-3)
    assert checks["steps_used"][0] == FIRST < checks["steps_used"][1:].min()
    for i in range(3):
        alone, one = ask(net, x[i : i + 1], 1e-3)
        close(torch.as_tensor(alone.values), torch.as_tensor(answer.values[i : i + 1]))
        assert one["steps_used"] == checks["steps_used"][i]


@pytest.mark.parametrize("baselines", [1, 3])
@pytest.mark.parametrize("steps", [1, 3, 7, 10, 50])  # with 7, another attempt would end at 60: just above 56
def test_never_more_than_eight_times_steps_in_all(steps, baselines):
    net, x = rectified(), normal(4, 5)
    b = normal(baselines, 5, seed=9).numpy()
    answer, checks = ask(net, x, 1e-15, 1, steps=steps, baseline=b)
    assert not checks["tolerance_met"].any()
    assert (checks["steps_used"] <= 8 * steps * baselines).all()
    assert (checks["steps_used"] > 2 * steps * baselines).all()  # and it does try
    assert answer.checks["gradients"] == checks["steps_used"].sum()


def test_the_best_attempt_is_kept():
    net, x = rectified(), normal(8, 5)
    few = [explained(net, x, "integrated-gradients", 1, steps=n) for n in (4, 8, 16)]
    gaps = torch.stack([torch.as_tensor(one.checks["completeness_gap"]) for one in few])
    answer, checks = ask(net, x, 1e-15, 1, steps=4)  # at most 32 points: 4 + 8 + 16
    kinked = checks["steps_used"] == 28
    assert kinked.sum() > 4
    close(checks["completeness_gap"][kinked], gaps.min(0).values[kinked], rtol=0, atol=1e-12)
    assert (gaps.argmin(0) != 2)[kinked].any()  # not always the last one


def test_where_nothing_changes_nothing_is_spent():
    x = normal(2, 5)
    x[0] = 0
    _, checks = ask(smooth(), x, 1e-9)
    assert checks["steps_used"][0] == FIRST
    assert checks["tolerance_met"][0]


def test_a_gap_that_is_no_number_leaves_the_values_that_were_found():
    # f(0) is minus infinity, so that no gap is finite; the gradients along the path are, and are not thrown away
    x = normal(2, 3).abs() + 0.5
    answer, checks = ask(Function(lambda x: x.log().sum(1)), x, 1e-3)
    assert (torch.as_tensor(answer.values) > 0).all()
    assert not checks["tolerance_met"].any()
