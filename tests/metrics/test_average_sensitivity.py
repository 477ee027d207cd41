import torch

import vitrail
from judging import linear, points, subject_of
from vitrail.metrics.average_sensitivity import AverageSensitivity
from vitrail.metrics.near import Near
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
NEAR = Near(0.2, 6, 3)
METRIC, PLAIN = (AverageSensitivity(0.2, 6, relative, 3) for relative in (True, False))


def steep(model, x, target):
    return torch.sin(1000 * x)


def threefold(model, x, target):
    return 3 * x


def by(recipe, metric=METRIC):
    with subject_of(linear(), points()) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


def test_the_definition_by_loops():
    found = {PLAIN: [], METRIC: []}
    with subject_of(linear(), points()) as subject:
        for i, x in enumerate(subject.x):
            far = torch.stack([(3 * y[i] - 3 * x).square().sum().sqrt() for y in NEAR.x(subject)])
            found[PLAIN].append(far.mean())
            found[METRIC].append(far.mean() / (3 * x).square().sum().sqrt())
    for metric, expected in found.items():
        close(by(threefold, metric), torch.stack(expected))


def test_the_gradient_of_a_linear_network_never_moves():
    close(by(vitrail.METHODS["gradient"]()), torch.zeros(5, dtype=torch.float64))


def test_a_steadier_method_is_better():
    constant, even, wild = by(lambda model, x, target: x * 0 + 1), by(threefold), by(steep)
    assert (constant < even).all()
    assert (even < wild).all()


def test_what_the_units_are_does_not_matter_unless_it_is_asked_for():
    close(by(lambda model, x, target: 6 * x), by(threefold))
    close(by(lambda model, x, target: 6 * x, PLAIN), 2 * by(threefold, PLAIN))


def test_an_explanation_that_is_0_has_no_share_of_itself():
    assert by(lambda model, x, target: 0 * x).isnan().all()
    assert (by(lambda model, x, target: 0 * x, PLAIN) == 0).all()
