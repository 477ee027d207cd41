import numpy as np
import pytest
import torch
from torch import nn

from vitrail.errors import BadInput
from vitrail.model.handle import Model
from vitrail.model.packed import Feed, Later, plain
from vitrail.model.torch import TorchNetwork


@pytest.fixture
def network():
    return TorchNetwork(nn.Linear(3, 2).double())


def test_numbers_go_in_as_they_are_in_the_networks_own_type(network, same):
    packed = plain(network, np.ones((2, 3), "float32"))
    same(packed.x, torch.ones(2, 3, dtype=torch.float64))
    assert packed.axes == ("batch", "feature")
    assert packed.feed(packed.x, torch.arange(2)) == Feed((packed.x,), {}, {})
    assert list(packed.unpack(np.zeros(1), True)) == ["values"]


@pytest.mark.parametrize("x", [torch.ones(2, 3, dtype=torch.complex64), np.ones((2, 3), bool)])
def test_other_than_real_numbers_are_refused(x, network):
    with pytest.raises(BadInput, match=r"(complex64|bool)\. Real numbers"):
        plain(network, x)


def test_a_model_without_a_door_uses_it(network, same):
    model = Model(network)
    same(model([[1.0, 2, 3]]), network.module(torch.tensor([[1.0, 2, 3]], dtype=torch.float64)).detach())


def test_what_is_shown_is_made_when_somebody_looks_and_once():
    made = []

    def make():
        made.append(1)
        return np.ones(2)

    shown = Later({"picture": make})
    assert "picture" in shown
    assert (len(shown), list(shown), made) == (1, ["picture"], [])
    np.testing.assert_array_equal(shown["picture"], np.ones(2))
    assert dict(shown)["picture"] is shown["picture"]
    assert made == [1]
