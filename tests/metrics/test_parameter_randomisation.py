import pytest
import torch
from scipy.stats import spearmanr

import vitrail
from judging import WEIGHTS, linear, points, subject_of
from known import smooth
from vitrail.metrics.parameter_randomisation import ParameterRandomisation, alike
from vitrail.metrics.redrawn import redrawn
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
GRADIENT = vitrail.METHODS["gradient"]()


def by(recipe, net=None, **settings):
    with subject_of(net or smooth(8), points()) as subject:
        return ParameterRandomisation(**settings)(subject, judged(subject, subject.x, recipe))


@pytest.mark.parametrize("order", ["cascading", "rising", "independent"])
def test_an_explanation_that_ignores_the_network_stays(order):
    close(by(lambda model, x, target: x, order=order), torch.ones(5, dtype=torch.float64))


def test_the_gradient_of_a_linear_network_is_its_weights():
    with subject_of(linear(), points()) as subject:
        new = redrawn(subject, [""], 4).network.module.weight[0]
    expected = spearmanr(WEIGHTS, new).statistic
    assert abs(expected) < 0.99
    close(by(GRADIENT, linear(), seed=4, absolute=False), torch.full((5,), expected, dtype=torch.float64))
    sizes = spearmanr(WEIGHTS.abs(), new.abs()).statistic
    assert sizes != expected
    close(by(GRADIENT, linear(), seed=4), torch.full((5,), sizes, dtype=torch.float64))


STEPS = {"cascading": [["2"], ["2", "0"]], "rising": [["0"], ["0", "2"]], "independent": [["2"], ["0"]]}


@pytest.mark.parametrize("order", STEPS)
def test_the_mean_over_the_steps_by_loops(order):
    """Each changed network opened and explained by the front door."""
    expected, x = torch.zeros(5, dtype=torch.float64), points()
    own = vitrail.explain(vitrail.open(smooth(8)), x, "gradient", 0).values
    with subject_of(smooth(8), x) as subject:
        for names in STEPS[order]:
            new = vitrail.explain(vitrail.open(redrawn(subject, names, 0).network.module), x, "gradient", 0).values
            expected += torch.tensor([spearmanr(abs(a), abs(b)).statistic for a, b in zip(own, new, strict=True)]) / 2
    close(by(GRADIENT, order=order), expected)


def test_steps_without_an_order_are_left_out():
    """Constant once the head, and nothing else, has changed."""
    head = smooth(8)[2].weight

    def half_blind(model, x, target):
        same = torch.equal(model.network.module[2].weight, head)
        return x if same else torch.ones_like(x)

    with subject_of(smooth(8), points()) as subject:
        scores = list(alike(subject, half_blind, "independent", True, 0))
    assert scores[0].isnan().all()
    close(by(half_blind, order="independent"), torch.ones(5, dtype=torch.float64))
    assert by(half_blind).isnan().all()


def test_a_method_that_looks_is_better_than_one_that_does_not():
    looks = by(vitrail.METHODS["gradient"]()).mean()
    halfway = by(vitrail.METHODS["input-x-gradient"]()).mean()
    blind = by(lambda model, x, target: x).mean()
    assert looks < halfway < blind
