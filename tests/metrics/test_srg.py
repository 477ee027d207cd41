import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.insertion import Insertion
from vitrail.metrics.srg import SRG
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def test_it_is_insertion_less_deletion_at_no_further_cost(subject):
    explained = judged(subject, noise(subject.x))
    expected = Insertion(8)(subject, explained) - Deletion(8)(subject, explained)
    before = subject.model.question.forwards
    torch.testing.assert_close(SRG(8)(subject, explained), expected)
    assert subject.model.question.forwards == before


def test_the_reversed_order_has_the_negative_score(subject):
    values = noise(subject.x)
    torch.testing.assert_close(SRG(8)(subject, judged(subject, -values)), -SRG(8)(subject, judged(subject, values)))


def test_the_ideal_order_is_the_best_and_chance_is_worth_nothing(subject):
    ideal = SRG(8)(subject, judged(subject, WEIGHTS * subject.x))
    chance = torch.stack([SRG(8)(subject, judged(subject, noise(subject.x, seed))) for seed in range(2, 300)])
    assert (ideal >= chance.amax(0) - 1e-12).all()
    error = chance.std(0) / len(chance) ** 0.5
    assert (chance.mean(0).abs() < 4 * error).all()
    assert (ideal > 10 * error).all()
