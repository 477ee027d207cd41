import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from judging import WEIGHTS, linear, noise, points, subject_of
from known import F64, normal, smooth
from vitrail.errors import BadInput
from vitrail.methods.settings import method_of
from vitrail.metrics.input_invariance import InputInvariance
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METHODS = vitrail.METHODS
ZEROS = torch.zeros(5, dtype=F64)


METRIC = InputInvariance(0.75)


def by(recipe, net=None, metric=METRIC, target=0, x=None):
    with subject_of(net or linear(0.5), points() if x is None else x, target) as subject:
        found = metric(subject, judged(subject, subject.x, recipe))
    assert found.dtype == F64
    return found


def test_input_times_gradient_moves_by_the_shift_times_the_weights():
    shares = (WEIGHTS * points()).square().sum(1).sqrt()
    expected = 0.75 * WEIGHTS.square().sum().sqrt() / shares
    assert (expected > 0.1).all()
    close(by(METHODS["input-x-gradient"]()), expected)
    close(by(METHODS["integrated-gradients"](steps=4)), expected)
    close(by(METHODS["input-x-gradient"](), metric=InputInvariance(1.5)), 2 * expected)


@pytest.mark.parametrize("name", ["gradient", "saliency", "guided-backprop", "deconvnet"])
@pytest.mark.parametrize(
    "net",
    [linear(0.5), smooth(8), nn.Sequential(linear(), nn.ReLU(), nn.Linear(2, 2).double())],
    ids=["linear", "smooth", "relu"],
)
def test_what_is_made_of_gradients_alone_stays(name, net):
    close(by(METHODS[name](), net), ZEROS, atol=1e-12, rtol=0)


def test_a_baseline_that_moves_along_stays_and_one_of_0_does_not():
    net, x = nn.Sequential(nn.Flatten(), smooth(9)), normal(5, 1, 3, 3)

    def found(start):
        recipe = {"method": "integrated-gradients", "steps": 64, "baseline": start}
        return by(method_of(recipe, METHODS, (1, 3, 3)), net, x=x)

    close(found("mean"), ZEROS, atol=1e-12, rtol=0)
    assert (found(0.0) > 0.05).all()
    assert (found(0.75) > 0.05).all()


def test_the_definition_by_hand():
    """The paper's way: a copy of the first layer with another bias."""
    net, moved = smooth(8), smooth(8)
    with torch.no_grad():
        moved[0].bias -= moved[0].weight.sum(1) * 0.75
    x = points()
    close(moved(x + 0.75), net(x))
    one = vitrail.explain(vitrail.open(net), x, "deeplift", target=1).values
    other = vitrail.explain(vitrail.open(moved), x + 0.75, "deeplift", target=1).values
    expected = torch.from_numpy(np.linalg.norm(other - one, axis=1) / np.linalg.norm(one, axis=1))
    assert (expected > 0.01).all()
    close(by(METHODS["deeplift"](), net, target=1), expected)


def test_units_do_not_matter():
    product = METHODS["input-x-gradient"]()
    close(by(lambda *question: -8 * product(*question)), by(product))


def test_alone_as_among_others():
    whole = by(METHODS["input-x-gradient"](), smooth(8))
    for i in range(5):
        with subject_of(smooth(8), points()[i : i + 1]) as subject:
            one = InputInvariance(0.75)(subject, judged(subject, subject.x, METHODS["input-x-gradient"]()))
        close(one, whole[i : i + 1])


def test_an_explanation_of_0_stays_or_has_no_score():
    close(by(lambda model, x, target: 0 * x), ZEROS)
    with subject_of(linear(), points()) as subject:
        x = subject.x
        left = lambda model, y, target: (y - x) * (torch.arange(5) > 2)[:, None]  # noqa: E731
        found = InputInvariance(0.75)(subject, judged(subject, x, left))
    close(found, torch.tensor([0, 0, 0, torch.nan, torch.nan], dtype=F64), equal_nan=True)


def test_it_asks_the_method_again():
    model = vitrail.open(linear(0.5))
    answer = vitrail.explain(model, points(), "input-x-gradient", target=0)
    score = vitrail.measure(model, answer, {"metric": "input-invariance", "shift": 0.75})
    close(torch.from_numpy(score.values), by(METHODS["input-x-gradient"]()))
    with pytest.raises(BadInput, match="comes without its method"):
        by(None)


def test_the_wrong_answer_is_worse_than_a_right_one():
    assert (by(lambda model, x, target: noise(x, int(1e3 * x.abs().sum()))) > by(METHODS["gradient"]())).all()


def test_rounding_is_no_change():
    x = points().float()
    for recipe, none in ((METHODS["saliency"](), True), (METHODS["input-x-gradient"](), False)):
        with subject_of(smooth(8).float(), x) as subject:
            assert (InputInvariance()(subject, judged(subject, x, recipe)) == 0).tolist() == [none] * 5
