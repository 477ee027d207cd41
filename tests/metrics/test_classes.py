import pytest
import torch
from torch import nn

import vitrail
from judging import linear, points
from vitrail.errors import BadInput
from vitrail.metrics.classes import class_logits


def said(net):
    with vitrail.open(net).asking(points()) as bound:
        return class_logits(bound)


def test_what_was_said_before_a_softmax():
    torch.testing.assert_close(said(nn.Sequential(linear(), nn.Softmax(1))), linear()(points()).detach())


@pytest.mark.parametrize("net", [nn.Linear(8, 1).double(), nn.Unflatten(1, (2, 4))], ids=["one unit", "places"])
def test_networks_without_classes_are_refused(net):
    with pytest.raises(BadInput, match="no class can be read off"):
        said(net)
