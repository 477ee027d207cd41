import torch

from judging import linear, points, subject_of
from vitrail.metrics.near import Near
from vitrail.metrics.relative_input_stability import RelativeInputStability
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METRIC = RelativeInputStability(radius=0.05, samples=6, seed=2)


def by(recipe, metric=METRIC, x=None):
    with subject_of(linear(), points() if x is None else x) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


def test_an_explanation_in_proportion_to_x_changes_as_much_as_x():
    close(by(lambda model, x, target: -7 * x), torch.ones(5, dtype=torch.float64))


def test_the_definition_by_loops():
    expected = []
    with subject_of(linear(), points()) as subject:
        for i, x in enumerate(subject.x):
            ratios = [
                ((y[i].exp() - x.exp()) / x.exp()).norm() / ((y[i] - x) / x).norm() for y in Near(0.05, 6, 2).x(subject)
            ]
            expected.append(max(ratios))
        assert Near(0.05, 6, 2).heard(subject).same.all()
    close(by(lambda model, x, target: x.exp()), torch.stack(expected))


def test_steadier_is_better():
    constant, even, wild = (
        by(f) for f in (lambda m, x, t: 0 * x + 1, lambda m, x, t: x, lambda m, x, t: (99 * x).sin())
    )
    assert (constant == 0).all()
    assert (even < wild).all()


def test_the_floor_of_the_divisor():
    """Changes of x below epsilon count as epsilon."""
    metric = RelativeInputStability(radius=1e-9, samples=3, epsilon=0.01)
    assert (by(lambda model, x, target: x, metric) < 1e-3).all()


def test_an_example_of_zeros_has_no_score():
    assert by(lambda model, x, target: x + 1, x=torch.zeros(1, 8, dtype=torch.float64)).isnan().all()
