import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.saco import SaCo
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def slow(x, shares, groups):
    """Algorithm 1, group by group."""
    order = shares.argsort(descending=True).reshape(groups, -1)
    given = [float(shares[group].sum()) for group in order]
    fall = []
    for group in order:
        left = x.clone()
        left[group] = 0
        fall.append(float(x @ WEIGHTS - left @ WEIGHTS))
    score = total = 0.0
    for i in range(groups):
        for j in range(i + 1, groups):
            weight = given[i] - given[j] if fall[i] >= fall[j] else -(given[i] - given[j])
            score, total = score + weight, total + abs(weight)
    return score / total


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_the_algorithm_by_loops(subject, groups):
    values = noise(subject.x)
    expected = [slow(x, shares, groups) for x, shares in zip(subject.x, values, strict=True)]
    found = SaCo(groups)(subject, judged(subject, values))
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_the_ideal_has_one_and_its_opposite_minus_one(subject):
    ideal = WEIGHTS * subject.x
    for sign in (1.0, -1.0):
        found = SaCo(4)(subject, judged(subject, sign * ideal))
        torch.testing.assert_close(found, sign * torch.ones(5, dtype=torch.float64))


def test_between_ideal_and_chance(subject):
    nearly = SaCo(4)(subject, judged(subject, WEIGHTS * subject.x + 0.5 * noise(subject.x)))
    chance = torch.stack([SaCo(4)(subject, judged(subject, noise(subject.x, seed))) for seed in range(2, 80)])
    assert nearly.mean() > 0.7
    assert chance.mean().abs() < 0.15


def test_the_scale_does_not_matter(subject):
    values = noise(subject.x)
    one, two = (SaCo(4)(subject, judged(subject, each)) for each in (values, 5 * values))
    torch.testing.assert_close(one, two)


def test_a_constant_explanation_is_not_defined(subject):
    assert SaCo(4)(subject, judged(subject, torch.ones_like(subject.x))).isnan().all()


def test_more_groups_than_players_are_as_many_as_players(subject):
    values = noise(subject.x)
    one, two = (SaCo(steps)(subject, judged(subject, values)) for steps in (8, 99))
    torch.testing.assert_close(one, two)


def test_alone_as_among_others(subject):
    values = noise(subject.x)
    whole = SaCo(4)(subject, judged(subject, values))
    with subject_of(linear(), subject.x[2:3]) as one:
        torch.testing.assert_close(SaCo(4)(one, judged(one, values[2:3])), whole[2:3])
