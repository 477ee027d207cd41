import torch

from judging import linear, points, subject_of
from vitrail.metrics.near import Near
from vitrail.metrics.sensitivity import moves
from vitrail.metrics.subject import judged

NEAR = Near(0.2, 6, 3)


def threefold(model, x, target):
    return 3 * x


def nothing(model, x, target):
    return 0 * x


def test_an_explanation_in_proportion_to_x_moves_as_x_does():
    with subject_of(linear(), points()) as subject:
        moved = NEAR.moved(subject)
        one = judged(subject, subject.x, threefold)
        torch.testing.assert_close(moves(subject, one, NEAR, False), 3 * moved)
        torch.testing.assert_close(moves(subject, one, NEAR, True), moved / points().square().sum(1).sqrt())


def test_an_explanation_of_zeros_does_not_move_and_has_no_share():
    with subject_of(linear(), points()) as subject:
        one = judged(subject, subject.x, nothing)
        assert (moves(subject, one, NEAR, False) == 0).all()
        assert moves(subject, one, NEAR, True).isnan().all()
