import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.irof import IROF
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
