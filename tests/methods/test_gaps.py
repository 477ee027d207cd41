"""What is measured about every answer: by pencil on a linear network."""

import torch

import vitrail
from judging import WEIGHTS, linear, points
from vitrail.methods.answer import Answer
from vitrail.methods.gaps import apart, baseline, checks
from vitrail.target import Output


def measured(answer, recipe, x):
    with vitrail.open(linear(bias=1.0)).asking(x) as bound:
        return checks(bound, recipe, Output(0), answer)


def test_shares_of_a_linear_network_add_up_to_its_change():
    x = points(3)
    found = measured(Answer(x * WEIGHTS), vitrail.IntegratedGradients(), x)
    torch.testing.assert_close(found["target_value"], (x * WEIGHTS).sum(1) + 1)
    torch.testing.assert_close(found["completeness_gap"], torch.zeros(3, dtype=torch.float64))
    assert found["completeness"] == "promised"


def test_what_is_missing_is_the_gap():
    x = points(3)
    values = x * WEIGHTS
    values[:, 0] += 2
    found = measured(Answer(values), vitrail.Gradient(), x)
    torch.testing.assert_close(found["completeness_gap"], torch.full((3,), 2.0, dtype=torch.float64))
    change = (x * WEIGHTS).sum(1)
    torch.testing.assert_close(found["completeness_gap_relative"], 2 / change.abs())
    assert found["completeness"] == "measured only"


def test_a_gap_of_nothing_is_no_share_of_nothing():
    found = apart("gap", Answer(torch.zeros(2, 3)), torch.tensor([0.0, 4.0]))
    torch.testing.assert_close(found["gap_relative"], torch.tensor([0.0, 1.0]))


def test_the_baseline_is_that_of_the_method_inside():
    x = points(2)
    inside = vitrail.SmoothGrad(of=vitrail.IntegratedGradients(baseline=3.0))
    assert (baseline(inside, x)(x, ("batch", "feature")) == 3).all()
    assert (baseline(vitrail.Gradient(), x)(x, ("batch", "feature")) == 0).all()
