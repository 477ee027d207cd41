import pytest
import torch

from judging import linear, points, subject_of
from known import smooth
from vitrail.errors import NoSuchLayer, WrongLayer
from vitrail.metrics.near import Near
from vitrail.metrics.relative_representation_stability import RelativeRepresentationStability, named
from vitrail.metrics.subject import judged

close = torch.testing.assert_close


def by(recipe, layer="auto", net=None):
    metric = RelativeRepresentationStability(layer, radius=0.05, samples=6, seed=2)
    with subject_of(net or smooth(8), points()) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


@pytest.mark.parametrize("layer", ["0", "1", "auto"])
def test_the_layer_itself_changes_as_much_as_the_layer(layer):
    def of_layer(model, x, target):
        name = "1" if layer == "auto" else layer
        return model.trace(x, [name]).layers[name]

    close(by(of_layer, layer), torch.ones(5, dtype=torch.float64))


def test_the_definition_by_loops():
    expected, hidden = [], smooth(8)[:2]
    with subject_of(smooth(8), points()) as subject:
        near = Near(0.05, 6, 2)
        for i, x in enumerate(subject.x):
            ratios = [
                ((y[i].exp() - x.exp()) / x.exp()).norm() / ((hidden(y[i]) - hidden(x)) / hidden(x)).norm()
                for y, same in zip(near.x(subject), near.heard(subject).same[:, i], strict=True)
                if same
            ]
            expected.append(max(ratios).detach())
    close(by(lambda model, x, target: x.exp()), torch.stack(expected))


def test_the_layer_that_the_head_reads():
    with subject_of(smooth(8), points()) as subject:
        assert named(subject, "auto") == "1"
        assert named(subject, "0") == "0"
        with pytest.raises(NoSuchLayer):
            named(subject, "7")


def test_modules_without_weights_behind_the_head_are_none():
    net = torch.nn.Sequential(
        torch.nn.Linear(8, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3), torch.nn.Softmax(1)
    ).double()
    with subject_of(net, points()) as subject:
        assert named(subject, "auto") == "1"


def test_a_network_without_a_representation_is_refused():
    with pytest.raises(WrongLayer, match="Name a layer"):
        by(lambda model, x, target: x, net=linear())
