import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import BadInput
from vitrail.model.surveys import Surveys
from vitrail.model.torch import TorchNetwork


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.shapes = []

    def forward(self, x):
        self.shapes.append(tuple(x.shape))
        return self.conv(x).mean((2, 3))


def test_one_example_is_looked_at_once_for_each_shape(pixels):
    network = Counts().double()
    model = vitrail.open(network)
    model(pixels), model(pixels * 2), model(pixels[:1])
    assert network.shapes == [(1, 2, 5, 6), (3, 2, 5, 6), (3, 2, 5, 6), (1, 2, 5, 6)]
    model(pixels[..., :4])
    assert network.shapes[-2:] == [(1, 2, 5, 4), (3, 2, 5, 4)]
    assert model.layers["conv"].shape == (1, 3, 3, 2)  # as the newest survey saw it
    model(pixels)
    assert len(network.shapes) == 7


def test_a_survey_keeps_no_activation(pixels):
    model = vitrail.open(Counts().double())
    model(pixels)
    (found,) = model._surveys._known.values()
    assert found.calls == []
    assert found.largest == 3 * 3 * 4 * 8 or found.largest == 2 * 5 * 6 * 8


@pytest.mark.parametrize(
    ("network", "shape", "words"),
    [
        (nn.Sequential(nn.Linear(3, 2)), (4, 5), r"shape \(4, 5\).*\(batch, 3\) was expected"),
        (nn.Conv2d(2, 1, 3), (4, 5, 6, 2), r"shape \(4, 5, 6, 2\).*trained with were expected.*order of the axes"),
        (nn.Conv2d(2, 1, 9), (4, 2, 6, 6), "Kernel size"),
    ],
)
def test_an_input_that_the_network_cannot_take_is_refused(network, shape, words):
    with pytest.raises(BadInput, match=words) as told:
        vitrail.open(network)(torch.ones(shape))
    assert told.value.facts == {"shape": shape[1:]}
    assert not isinstance(told.value.__cause__, vitrail.VitrailError)


def test_before_the_first_run_there_are_names_only(picture):
    surveys = Surveys(TorchNetwork(picture), None)
    assert surveys.latest() is None
    assert surveys.unrun().names == ["block", "block.0", "block.1", "act", "mix", "fc"]
