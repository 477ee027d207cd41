import torch

import vitrail
from judging import linear, points, subject_of
from vitrail.metrics.near import Near
from vitrail.metrics.relative import change, stability
from vitrail.metrics.subject import judged

close = torch.testing.assert_close


def test_a_change_by_pencil():
    """(2 - 1) / 1, (2 - 4) / 4; then a divisor of 0, at half of the largest, 4."""
    original = torch.tensor([[1.0, 4.0], [0.0, 4.0]])
    copies = torch.tensor([[[2.0, 2.0], [1.0, 4.0]]])
    close(change(copies, original, 1e-6)[:, 0], torch.tensor([1.25**0.5], dtype=torch.float64))
    close(change(copies, original, 0.5)[:, 1], torch.tensor([0.5], dtype=torch.float64))


def test_the_sign_of_the_original_does_not_matter():
    one, other = points(2), points(2, seed=1)
    close(change(-one[None], -other, 1e-6), change(one[None], other, 1e-6))


def test_nothing_is_a_share_of_nothing():
    assert change(torch.ones(1, 1, 3), torch.zeros(1, 3), 1e-6).isnan().all()


def test_only_copies_of_the_same_class_count():
    """One step, the same for x and -x, close to the boundary: one of the two crosses it."""
    x = torch.zeros(2, 8, dtype=torch.float64)
    x[:, 0] = torch.tensor([1e-3, -1e-3])
    near = Near(0.1, 1, 0)
    with subject_of(linear(), x) as subject:
        crossed = ~near.heard(subject).same[0]
        found = stability(
            subject,
            judged(subject, subject.x, lambda model, x, target: x),
            near,
            torch.ones(1, 2, dtype=torch.float64),
            1e-6,
        )
    assert crossed.sum() == 1
    assert found.isnan().tolist() == crossed.tolist()


def test_the_divisor_has_a_floor():
    near = Near(0.1, 4, 0)
    with subject_of(linear(), points()) as subject:
        one = judged(subject, subject.x, lambda model, x, target: x.exp())
        changed = change(near.answers(subject, one.recipe), subject.x.exp(), 0.25)
        found = stability(subject, one, near, torch.zeros(4, 5, dtype=torch.float64), 0.25)
    close(found, changed.amax(0) / 0.25)
    assert (found > 0).all()


def test_an_explanation_that_does_not_depend_on_x_is_at_0():
    with subject_of(linear(), points()) as subject:
        one = judged(subject, subject.x, vitrail.METHODS["gradient"]())
        found = stability(subject, one, Near(0.01, 4, 0), torch.ones(4, 5, dtype=torch.float64), 1e-6)
    close(found, torch.zeros(5, dtype=torch.float64))
