import copy

import pytest
import torch
from torch import nn

import vitrail
from judging import WEIGHTS, linear, points, subject_of
from known import normal
from vitrail.errors import BadInput
from vitrail.methods.settings import method_of
from vitrail.metrics.shifted import answer_shifted, shifted

close = torch.testing.assert_close
GRADIENT, PRODUCT = (vitrail.METHODS[name]() for name in ("gradient", "input-x-gradient"))


class Sums(nn.Module):
    """It takes away and adds on its own, and pads with zeros."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.conv(x - 0.1) + x)
        return (y - y.mean()).flatten(1)[:, :3]


def sums():
    torch.manual_seed(0)
    return Sums().double()


def test_it_says_of_shifted_examples_what_the_network_says():
    for net, x in ((linear(0.5), points()), (sums(), normal(4, 1, 5, 5))):
        with subject_of(net, x) as subject:
            moved = shifted(subject, 0.75)
            close(moved(x + 0.75), vitrail.open(net)(x))
            assert not torch.equal(moved(x), vitrail.open(net)(x))


def test_the_layers_have_the_same_names():
    x = normal(4, 1, 5, 5)
    with subject_of(sums(), x) as subject:
        expected, found = subject.model, shifted(subject, 0.75)
        names = [layer.name for layer in expected.surveyed(subject.x)]
        assert "/sub#2" in names
        with found.asking(x) as bound:
            assert [layer.name for layer in bound.surveyed(bound.question.packed.x)] == names


def test_methods_that_read_layers_by_name_find_them():
    methods = vitrail.METHODS
    with subject_of(sums(), normal(4, 1, 5, 5)) as subject:
        for recipe in (methods["grad-cam"](layer="conv"), methods["hires-cam"]()):
            plain = recipe(subject.model, subject.x, subject.target)
            values = getattr(plain, "values", plain)
            assert values.abs().sum() > 0
            close(answer_shifted(subject, recipe, 0.75), values.flatten(1))


def test_your_network_stays_as_it_is():
    net = linear(0.5)
    before, forward = copy.deepcopy(net.state_dict()), net.forward
    with subject_of(net, points()) as subject:
        answer_shifted(subject, GRADIENT, 0.75)
        assert subject.model.network.module is net
        assert net.forward == forward
        assert not net._forward_pre_hooks
        close(subject.model(subject.x), net(points()).detach())
    close(net.state_dict(), before, rtol=0, atol=0)


def test_it_is_about_the_class_that_was_asked_about():
    x = points()
    with subject_of(linear(), x, "predicted") as subject:
        said = linear()(x).argmax(1)
        assert said.unique().tolist() == [0, 1]
        close(answer_shifted(subject, GRADIENT, 0.75), linear().weight[said])


def test_a_method_is_asked_once_for_each_shift():
    asked = []

    def counted(model, x, target):
        asked.append(float((x - points()).mean()))
        return x

    with subject_of(linear(), points()) as subject:
        for shift in (0.5, 0.75, 0.5):
            answer_shifted(subject, counted, shift)
    assert asked == pytest.approx([0.5, 0.75])


def test_relevance_goes_through_the_first_step_as_through_a_change_of_units():
    recipe = method_of({"method": "lrp", "preset": "epsilon", "epsilon": 0.0}, vitrail.METHODS, (8,))
    with subject_of(linear(), points()) as subject:
        close(answer_shifted(subject, recipe, 0.75), WEIGHTS * points())


def test_functions_are_shifted_too():
    weights = WEIGHTS.numpy()
    with subject_of(lambda x: (x @ weights)[:, None] ** 3, points()) as subject:
        recipe = method_of({"method": "occlusion", "patch": 1, "baseline": 0.75}, vitrail.METHODS, (8,))
        expected = points() @ WEIGHTS
        close(answer_shifted(subject, recipe, 0.75)[:, 0], expected**3 - (expected - points()[:, 0] * 3) ** 3)


def test_networks_of_other_kinds_are_refused():
    from sklearn.tree import DecisionTreeRegressor

    forest = DecisionTreeRegressor(max_depth=2).fit(points(30).numpy(), points(30).numpy()[:, 0])
    with (
        subject_of(vitrail.open(forest), points()) as subject,
        pytest.raises(BadInput, match="no step before its first"),
    ):
        answer_shifted(subject, GRADIENT, 1.0)


def test_what_is_no_number_is_refused():
    net = vitrail.open(nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2)).double())
    tokens = torch.arange(12).reshape(4, 3) % 9
    with subject_of(net, tokens) as subject, pytest.raises(BadInput, match="Input invariance adds a constant"):
        answer_shifted(subject, GRADIENT, 1.0)
