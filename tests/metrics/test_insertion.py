import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.insertion import Insertion
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


def test_the_definition_by_loops(subject):
    values = noise(subject.x)
    found = Insertion(8)(subject, judged(subject, values))
    for x, shares, area in zip(subject.x, values, found, strict=True):
        here, heights = torch.zeros_like(x), [0.0]
        for player in shares.argsort(descending=True):
            here[player] = x[player]
            heights.append(float(here @ WEIGHTS))
        assert float(area) == pytest.approx(sum((a + b) / 2 for a, b in zip(heights, heights[1:], strict=False)) / 8)


def test_for_a_linear_network_both_add_up_to_the_whole(subject):
    explained = judged(subject, noise(subject.x))
    both = Insertion(8)(subject, explained) + Deletion(8)(subject, explained)
    torch.testing.assert_close(both, subject.whole)


def test_the_ideal_order_is_the_best_of_all(subject):
    ideal = Insertion(8)(subject, judged(subject, WEIGHTS * subject.x))
    for seed in range(2, 30):
        assert (ideal >= Insertion(8)(subject, judged(subject, noise(subject.x, seed))) - 1e-12).all()
