import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.infidelity import Infidelity
from vitrail.metrics.subject import judged
from vitrail.metrics.subsets import falls

METRIC = Infidelity(samples=60)


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def test_the_ideal_explanation_of_a_linear_network_has_none(subject):
    torch.testing.assert_close(
        METRIC(subject, judged(subject, WEIGHTS * subject.x)), torch.zeros(5, dtype=torch.float64)
    )


def test_the_definition_by_loops(subject):
    values = noise(subject.x)
    gone, _ = falls(subject, 0.2, 60, 0)
    for i in range(5):
        wrong = []
        for taken in gone[i]:
            left = torch.where(taken, 0.0, subject.x[i])
            wrong.append((values[i][taken].sum() - (subject.x[i] - left) @ WEIGHTS) ** 2)
        torch.testing.assert_close(METRIC(subject, judged(subject, values))[i], torch.stack(wrong).mean())


def test_an_explanation_that_is_off_by_one_player(subject):
    """Only sets with that player are wrong, by what it was given too much."""
    values = WEIGHTS * subject.x
    values[:, 2] += 5
    gone, _ = falls(subject, 0.2, 60, 0)
    expected = 25 * gone[:, :, 2].double().mean(1)
    assert (expected > 0).all()
    torch.testing.assert_close(METRIC(subject, judged(subject, values)), expected)
