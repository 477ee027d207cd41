import torch

import vitrail
from judging import linear, points, subject_of
from known import quadratic, symmetric
from vitrail.metrics.lipschitz import LocalLipschitz
from vitrail.metrics.near import Near
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
GRADIENT = vitrail.METHODS["gradient"]()


def by(recipe, net=None, x=None, **settings):
    with subject_of(linear() if net is None else net, points() if x is None else x) as subject:
        return LocalLipschitz(**settings)(subject, judged(subject, subject.x, recipe))


def threefold(model, x, target):
    return 3 * x


def test_the_slope_of_an_explanation_in_proportion_to_x():
    close(by(threefold, relative=False), torch.full((5,), 3.0, dtype=torch.float64))
    close(by(threefold), 1 / points().square().sum(1).sqrt())


def test_the_radius_does_not_change_a_slope():
    close(by(threefold, radius=5.0), by(threefold, radius=0.001))


def test_the_gradient_of_a_quadratic_form_is_as_steep_as_its_matrix_lets_it():
    a = symmetric(8)
    steepest = torch.linalg.eigvalsh(a).abs().max()
    found = by(GRADIENT, quadratic(a), relative=False, samples=200)
    assert (found <= steepest).all()
    assert (found > steepest / 3).all()
    more, fewer = (by(GRADIENT, quadratic(a), relative=False, samples=n) for n in (200, 2))
    assert (more >= fewer).all()
    assert (more > fewer).any()


def test_the_definition_by_loops():
    a = symmetric(8)
    with subject_of(quadratic(a), points()) as subject:
        ys = Near(0.1, 10, 0).x(subject)
        expected = [max((a @ (y[i] - x)).norm() / (y[i] - x).norm() for y in ys) for i, x in enumerate(subject.x)]
    close(by(GRADIENT, quadratic(a), relative=False), torch.stack(expected))


def test_a_constant_explanation_has_no_slope():
    close(by(GRADIENT), torch.zeros(5, dtype=torch.float64))
    assert by(lambda model, x, target: 0 * x).isnan().all()


def test_a_radius_that_is_lost_in_rounding():
    found = by(threefold, linear().float(), 1e9 + torch.zeros(2, 8), radius=1e-3)
    assert found.isnan().all()
