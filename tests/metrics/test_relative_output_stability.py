import torch

from judging import linear, points, subject_of
from vitrail.metrics.near import Near
from vitrail.metrics.relative_output_stability import RelativeOutputStability
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METRIC = RelativeOutputStability(radius=0.05, samples=6, seed=2)


def by(recipe, net=None):
    with subject_of(linear() if net is None else net, points()) as subject:
        return METRIC(subject, judged(subject, subject.x, recipe))


def test_the_definition_by_loops():
    expected, net = [], linear(2.0)
    with subject_of(net, points()) as subject:
        for i, x in enumerate(subject.x):
            ratios = [
                ((y[i].exp() - x.exp()) / x.exp()).norm() / (net(y[i]) - net(x)).norm()
                for y in Near(0.05, 6, 2).x(subject)
            ]
            expected.append(max(ratios).detach())
        assert Near(0.05, 6, 2).heard(subject).same.all()
    close(by(lambda model, x, target: x.exp(), linear(2.0)), torch.stack(expected))


def test_an_explanation_in_proportion_to_the_logit():
    """|(h(y) - h(x)) / h(x)| / |(h(y), -h(y)) - (h(x), -h(x))| = 1 / (sqrt(2) |h(x)|)."""
    found = by(lambda model, x, target: model(x, target)[:, None])
    close(found, 1 / (2**0.5 * linear()(points())[:, 0].detach().abs()))


def test_logits_and_not_probabilities():
    class Squashed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = linear()

        def forward(self, x):
            return self.dense(x).softmax(1)

    curve = lambda model, x, target: x.exp()  # noqa: E731
    close(by(curve, Squashed()), by(curve))


def test_steadier_is_better():
    constant, even, wild = (
        by(f) for f in (lambda m, x, t: 0 * x + 1, lambda m, x, t: x, lambda m, x, t: (99 * x).sin())
    )
    assert (constant == 0).all()
    assert (even < wild).all()
