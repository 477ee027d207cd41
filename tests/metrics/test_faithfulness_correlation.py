import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.faithfulness_correlation import FaithfulnessCorrelation
from vitrail.metrics.subject import judged

METRIC = FaithfulnessCorrelation(samples=60)


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def test_the_ideal_explanation_of_a_linear_network_has_one(subject):
    torch.testing.assert_close(
        METRIC(subject, judged(subject, WEIGHTS * subject.x)), torch.ones(5, dtype=torch.float64)
    )
    torch.testing.assert_close(
        METRIC(subject, judged(subject, -WEIGHTS * subject.x)), -torch.ones(5, dtype=torch.float64)
    )


def test_between_ideal_and_chance(subject):
    spread = 0.7 * (WEIGHTS * subject.x).std()
    nearly = METRIC(subject, judged(subject, WEIGHTS * subject.x + spread * noise(subject.x)))
    chance = torch.stack([METRIC(subject, judged(subject, noise(subject.x, seed))) for seed in range(2, 60)])
    assert 0.3 < nearly.mean() < 1
    assert chance.mean().abs() < 0.1
    assert (chance.abs() <= 1 + 1e-12).all()


def test_the_scale_does_not_matter(subject):
    values = noise(subject.x)
    one, two = (METRIC(subject, judged(subject, each)) for each in (values, 9 * values))
    torch.testing.assert_close(one, two)


def test_a_constant_explanation_is_not_defined(subject):
    assert METRIC(subject, judged(subject, torch.ones_like(subject.x))).isnan().all()


def test_alone_as_among_others(subject):
    values = noise(subject.x)
    whole = METRIC(subject, judged(subject, values))
    with subject_of(linear(), subject.x[3:4]) as one:
        torch.testing.assert_close(METRIC(one, judged(one, values[3:4])), whole[3:4])


def test_six_explanations_cost_what_one_costs(subject):
    METRIC(subject, judged(subject, noise(subject.x)))
    before = subject.model.question.forwards
    for seed in range(5):
        METRIC(subject, judged(subject, noise(subject.x, seed)))
    assert subject.model.question.forwards == before
