"""IDGI: by the loop of its algorithm, and where its answer is known."""

import torch

from known import explained, linear, normal, rectified, smooth, two_relus, values

close = torch.testing.assert_close


def by_the_loop(net, index, x, b, steps):
    """Algorithm 1 of the paper: every step's rise, shared by the squares of the gradient at its beginning."""
    total = torch.zeros_like(x)
    for k in range(steps):
        here = (b + k / steps * (x - b)).requires_grad_()
        there = b + (k + 1) / steps * (x - b)
        score = net(here)[:, index]
        (g,) = torch.autograd.grad(score.sum(), here)
        rise = net(there)[:, index] - score
        total += (g * g * rise[:, None] / (g * g).sum(1, keepdim=True)).detach()
    return total


def test_by_the_loop_of_its_algorithm():
    net, x = smooth(), normal(4, 5)
    for steps in (1, 2, 9):
        got = values(net, x, "idgi", 2, steps=steps, baseline=0.5)
        close(got, by_the_loop(net, 2, x, torch.full_like(x, 0.5), steps), rtol=1e-12, atol=1e-13)


def test_of_a_linear_function_the_change_is_shared_by_the_squares_of_the_weights():
    x, w = normal(4, 5), normal(5, seed=1)
    change = ((x - 0.5) * w).sum(1, keepdim=True)
    close(values(linear(w, 2.0), x, "idgi", steps=3, baseline=0.5), change * w**2 / (w**2).sum())


def test_it_adds_up_whatever_the_steps():
    net, x = smooth(), normal(4, 5)
    change = (net(x) - net(0 * x))[:, 1].detach()
    assert change.abs().min() > 0.01
    for steps in (1, 5):
        close(values(net, x, "idgi", 1, steps=steps).sum(1), change)


def test_several_baselines_are_averaged():
    # to the last digit: weights of 1 / 3 in single precision are 3e-8 off
    net, x, several = smooth(), normal(3, 5), normal(3, 5, seed=9)
    each = [by_the_loop(net, 1, x, b.expand(3, 5), 4) for b in several]
    answer = explained(net, x, "idgi", 1, steps=4, baseline=several.numpy())
    close(torch.as_tensor(answer.values), torch.stack(each).mean(0), rtol=1e-12, atol=1e-12)
    assert answer.checks["completeness_gap"].max() < 1e-12


def test_a_step_without_a_gradient_gets_nothing_and_the_gap_says_so():
    # relu at 0 has no gradient there: the first step's rise cannot be shared
    x = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    answer = explained(two_relus(), x, "idgi", steps=4)
    close(torch.as_tensor(answer.values), torch.tensor([[1.5, 0.0]]).to(x))
    close(torch.as_tensor(answer.checks["completeness_gap"]), torch.tensor([0.5]).to(x))


def test_values_of_one_example_have_the_sign_of_the_rises():
    net, x = rectified(), normal(4, 5)
    net[2].weight.data.abs_()
    net[0].weight.data.abs_()
    got = values(net, x.abs(), "idgi", 1)
    assert (got >= 0).all()
    assert got.max() > 0.1
