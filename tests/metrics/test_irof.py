import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.irof import IROF, by_mean
from vitrail.metrics.subject import judged


def test_by_hand():
    """w x = 3, -1, 2, 0.5 ... at x = 1; half of the target gone after the first of two steps is 1/4 + 1/2 of a step."""
    with subject_of(linear(), torch.ones(1, 8, dtype=torch.float64)) as subject:
        ideal = judged(subject, WEIGHTS[None])
        whole = float(WEIGHTS.sum())
        after = whole - (4 + 3 + 2 + 1.5)  # the four largest
        expected = 1 - (whole / 2 + after + 0.0 / 2) / 2 / whole
        torch.testing.assert_close(IROF(2)(subject, ideal), torch.tensor([expected], dtype=torch.float64))


def test_it_is_what_deletion_leaves_over():
    with subject_of(linear(40.0), points()) as subject:
        explained = judged(subject, noise(subject.x))
        expected = 1 - Deletion(8)(subject, explained) / subject.whole
        torch.testing.assert_close(IROF(8)(subject, explained), expected)


def test_where_the_target_is_not_positive_it_is_not_defined():
    with subject_of(linear(-40.0), points()) as subject:
        assert IROF(8)(subject, judged(subject, noise(subject.x))).isnan().all()


def test_segments_are_ordered_by_their_mean():
    """Players of 1, 3 and 4 elements, with sums 2, 3 and 0.4: means 2, 1 and 0.1."""
    labels = torch.tensor([0, 1, 1, 1, 2, 2, 2, 2])
    x = torch.ones(2, 8, dtype=torch.float64)
    with subject_of(linear(), x, players=labels.numpy()) as subject:
        values = torch.tensor([2.0, 1, 1, 1, 0.1, 0.1, 0.1, 0.1], dtype=torch.float64).expand(2, 8)
        explained = judged(subject, values)
        torch.testing.assert_close(explained.shares[0], torch.tensor([2.0, 3.0, 0.4], dtype=torch.float64))
        torch.testing.assert_close(
            by_mean(subject, explained).shares[0], torch.tensor([2, 1, 0.1], dtype=torch.float64)
        )
        whole = WEIGHTS.sum()
        first, second = whole - WEIGHTS[0], WEIGHTS[4:].sum()
        left = (whole / 2 + first + second) / 3 / whole
        torch.testing.assert_close(IROF(3)(subject, explained), (1 - left).expand(2))


def test_players_of_one_size_walk_the_curve_of_deletion():
    with subject_of(linear(), points()) as subject:
        explained = judged(subject, noise(subject.x))
        assert by_mean(subject, explained) is explained
