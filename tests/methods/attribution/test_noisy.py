"""Noise: the same for all examples, other for every draw, of the right size."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

import vitrail
from known import linear, normal
from vitrail.methods.attribution.noisy import noisy_moments

close = torch.testing.assert_close


@dataclass
class Seen:
    """A method that answers with x itself, and remembers it."""

    points: list = field(default_factory=list)

    def __call__(self, model, x, target):
        self.points.append(x)
        return x


@dataclass
class How:
    of: Any
    std: float = 1.0
    samples: int = 4
    seed: int = 0


def ask(x, how, **options):
    with vitrail.open(linear(torch.ones(x.shape[1:], dtype=x.dtype))).asking(x) as model:
        return noisy_moments(how, model, x, vitrail.Output(0), **options)


def test_all_examples_get_the_same_noise_and_every_draw_another():
    x, seen = normal(3, 5), Seen()
    ask(x, How(seen))
    noise = torch.cat(seen.points).reshape(-1, 5)
    noise = noise - torch.cat([x, *[x[i].expand(3, 5) for i in range(3)]])
    first, others = noise[:3], noise[3:].reshape(3, 3, 5)  # (example, draw, column)
    close(first, first[:1].expand(3, 5))
    close(others, others[:1].expand(3, 3, 5))
    assert (others[0, 0] - others[0, 1]).abs().min() > 1e-3
    assert (first[0] - others[0]).abs().max(1).values.min() > 1e-3


@pytest.mark.parametrize("std", [0.0, 0.1, 3.0])
def test_the_noise_has_the_deviation_that_was_asked_for(std):
    x = torch.zeros(1, 20000, dtype=torch.float64)
    found = ask(x, How(Seen(), std=std, samples=10))
    close(found.variance.mean().sqrt(), torch.tensor(std, dtype=x.dtype), rtol=0.02, atol=0)
    close(found.mean.square().mean().sqrt(), torch.tensor(std / 10**0.5, dtype=x.dtype), rtol=0.03, atol=0)


def test_values_may_be_changed_before_they_are_averaged():
    x = torch.zeros(1, 20000, dtype=torch.float64)
    found = ask(x, How(Seen(), std=2.0, samples=10), then=torch.square)
    close(found.mean.mean(), torch.tensor(4.0, dtype=x.dtype), rtol=0.02, atol=0)


def test_half_as_many_digits_get_the_same_noise():
    x = torch.zeros(1, 5, dtype=torch.float64)
    exact, rounded = ask(x, How(Seen())), ask(x.float(), How(Seen()))
    assert rounded.mean.dtype == torch.float32
    close(rounded.mean, exact.mean.float())


def test_draws_that_were_made_stay_when_more_are_made():
    x = torch.zeros(1, 5, dtype=torch.float64)
    few, many = (ask(x, How(Seen(), samples=n)) for n in (1, 2))
    # the first draw is the same, so that twice the mean of two less the first is the second
    second = 2 * many.mean - few.mean
    close(many.variance, torch.stack([few.mean, second]).var(0))
