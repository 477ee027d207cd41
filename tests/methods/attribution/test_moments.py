"""Means, variances and fourth moments over draws, against numpy's own on all draws at once."""

from contextlib import contextmanager

import pytest
import torch

import vitrail
from known import linear, normal
from vitrail.methods.answer import Answer
from vitrail.methods.attribution.moments import Moments, moments

close = torch.testing.assert_close


@contextmanager
def bound(x):
    with vitrail.open(linear(torch.ones(x.shape[1:], dtype=x.dtype))).asking(x) as model:
        yield model


def of_table(table, powers=2):
    """The moments of draws that are written down: table (count, batch, ...)."""
    with bound(table[0]) as model:
        return moments(model, table[0], len(table), lambda part, rows, steps: table[steps, rows], powers)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_they_agree_with_all_draws_at_once(count):
    table = normal(count, 4, 5) ** 3
    found = of_table(table, powers=4)
    close(found.mean, table.mean(0))
    close(found.variance, table.var(0))
    close(found.fourth, ((table - table.mean(0)) ** 4).mean(0), rtol=1e-9, atol=1e-12)
    assert found.count == count


def test_fourth_moments_are_left_out_unless_asked_for():
    assert of_table(normal(3, 2, 2)).fourth is None


def test_a_single_draw_has_a_mean_and_no_variance():
    table = normal(1, 4, 5)
    found = of_table(table)
    close(found.mean, table[0])
    assert found.variance.isnan().all()


def test_a_small_variance_beside_a_large_mean_is_not_lost():
    # E x^2 - (E x)^2 would be off by 1e16 * 1e-16 = 1, ten thousand times the variance
    table = 1e8 + 1e-2 * normal(20, 2, 3)
    close(of_table(table).variance, table.var(0), rtol=1e-6, atol=0)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_chunks_do_not_matter(size, monkeypatch):
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: size)
    table = normal(7, 4, 5)
    close(of_table(table).variance, table.var(0))


def test_the_error_of_a_mean_is_the_deviation_by_the_root_of_the_count():
    table = normal(9, 4, 5)
    answer = of_table(table).as_mean()
    error = table.std(0) / 3
    close(answer.values, table.mean(0))
    close(answer.arrays["standard_error"][0], error)
    close(answer.checks["standard_error"], error.square().mean(1).sqrt())
    assert answer.total is None


def test_the_error_of_a_variance_is_that_of_normal_draws_where_they_are_normal():
    found = Moments(torch.zeros(1, 1), torch.full((1, 1), 4.0), 101, torch.full((1, 1), 3 * 16.0))
    # (3 - 98 / 100) sigma^4 / n = 2 sigma^4 / (n - 1)
    close(found.as_variance().arrays["standard_error"][0], torch.full((1, 1), 4 * (2 / 100) ** 0.5))


def test_the_error_of_a_variance_is_right_for_two_values():
    # draws of +1 or -1: mu_4 = sigma^4 = 1, and the variance of s^2 is 2 / (n (n - 1)) exactly, seven times less
    # than for normal draws with n = 100
    n = 100
    found = Moments(torch.zeros(1, 1), torch.ones(1, 1), n, torch.ones(1, 1))
    expected = (2 / (n * (n - 1))) ** 0.5
    close(found.as_variance().arrays["standard_error"][0], torch.full((1, 1), expected))


def test_axes_and_kind_are_those_of_what_was_averaged():
    like = Answer(torch.zeros(2, 3), ("batch", "unit"), "activation")
    answer = Moments(torch.ones(2, 3), torch.ones(2, 3), 4, like=like).as_mean()
    assert (answer.axes, answer.kind) == (("batch", "unit"), "activation")
    assert answer.arrays["standard_error"][1] == ("batch", "unit")


def test_what_does_not_add_up_does_not_add_up_on_average():
    like = Answer(torch.zeros(2, 3), total=torch.ones(2))
    answer = Moments(torch.ones(2, 3), torch.ones(2, 3), 4, like=like).as_mean()
    assert answer.total.isnan().all()
    assert answer.total.shape == (2,)
