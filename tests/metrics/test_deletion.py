import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def slow(x, shares, steps=8):
    """The definition, one player after the other."""
    heights, here = [x @ WEIGHTS], x.clone()
    for player in shares.argsort(descending=True):
        here[player] = 0
        heights.append(here @ WEIGHTS)
    return sum((a + b) / 2 for a, b in zip(heights, heights[1:], strict=False)) / steps


def test_the_definition_by_loops(subject):
    values = noise(subject.x)
    expected = torch.stack([slow(x, shares) for x, shares in zip(subject.x, values, strict=True)])
    torch.testing.assert_close(Deletion(8)(subject, judged(subject, values)), expected)


def test_the_ideal_order_is_the_best_of_all(subject):
    ideal = Deletion(8)(subject, judged(subject, WEIGHTS * subject.x))
    nearly = Deletion(8)(subject, judged(subject, WEIGHTS * subject.x + 0.5 * noise(subject.x)))
    chance = torch.stack([Deletion(8)(subject, judged(subject, noise(subject.x, seed))) for seed in range(2, 40)])
    assert (ideal <= nearly).all()
    assert (ideal[:, None] <= chance.T + 1e-12).all()
    assert nearly.mean() < chance.mean()


def test_only_the_order_matters(subject):
    values = noise(subject.x)
    one, two = (Deletion(8)(subject, judged(subject, each)) for each in (values, 7 * values.sign() * values**2 + 3))
    torch.testing.assert_close(one, two)


def test_alone_as_among_others(subject):
    values = noise(subject.x)
    whole = Deletion(8)(subject, judged(subject, values))
    for i in range(len(values)):
        with subject_of(linear(), subject.x[i : i + 1]) as one:
            torch.testing.assert_close(Deletion(8)(one, judged(one, values[i : i + 1])), whole[i : i + 1])


def test_a_constant_explanation_is_one_order_for_all(subject):
    first, other = (Deletion(8)(subject, judged(subject, torch.full_like(subject.x, c))) for c in (0.0, 5.0))
    torch.testing.assert_close(first, other)
