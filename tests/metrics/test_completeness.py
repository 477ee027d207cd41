import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.completeness import Completeness
from vitrail.metrics.subject import judged


def test_the_exact_shares_of_a_linear_network_are_complete():
    for baseline in (0.0, 0.7):
        with subject_of(linear(2.0), points(), baseline=baseline) as subject:
            exact = judged(subject, WEIGHTS * (subject.x - baseline))
            torch.testing.assert_close(Completeness()(subject, exact), torch.zeros(5, dtype=torch.float64))


def test_the_gap_by_hand():
    with subject_of(linear(2.0), points()) as subject:
        values = noise(subject.x)
        change = subject.x @ WEIGHTS
        expected = (values.sum(1) - change).abs() / change.abs()
        torch.testing.assert_close(Completeness()(subject, judged(subject, values)), expected)


def test_half_of_everything_misses_half():
    with subject_of(linear(), points()) as subject:
        found = Completeness()(subject, judged(subject, 0.5 * WEIGHTS * subject.x))
        torch.testing.assert_close(found, torch.full((5,), 0.5, dtype=torch.float64))


def test_nobody_is_asked_once():
    with subject_of(linear(), points()) as subject:
        before = subject.model.question.forwards
        for seed in range(3):
            Completeness()(subject, judged(subject, noise(subject.x, seed)))
        assert subject.model.question.forwards == before + 5


def test_where_nothing_changes_it_is_not_defined():
    with subject_of(linear(3.0), torch.zeros(2, 8, dtype=torch.float64)) as subject:
        assert Completeness()(subject, judged(subject, torch.ones_like(subject.x))).isnan().all()
