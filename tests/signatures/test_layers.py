import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import BadSetting, NoSuchLayer, WrongLayer
from vitrail.model import Layer
from vitrail.signatures.layers import MOST, chosen, thinned, titled


def names(net, x, asked="auto"):
    with vitrail.open(net).asking(x) as bound:
        return [layer.name for layer in chosen(bound, bound.question.packed.x, asked)]


def dense(*widths):
    parts = [part for a, b in zip(widths, widths[1:], strict=False) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *parts[:-1])


def test_hidden_layers_after_their_activation_and_not_the_output():
    assert names(dense(4, 8, 7, 6, 3), torch.rand(2, 2, 2)) == ["2", "4", "6"]


def test_dropout_and_flatten_say_nothing_new():
    net = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(12, 4))
    assert names(net, torch.rand(2, 1, 2, 2)) == ["1"]


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.norm, self.b, self.c = nn.Conv2d(1, 3, 1), nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.Linear(4, 2)

    def forward(self, x):
        x = torch.relu(self.norm(self.a(x)))
        return self.c(torch.relu(self.b(x)).mean((2, 3)))


def test_functional_activations_have_names_and_norms_end_nothing():
    assert names(Functional().eval(), torch.rand(2, 1, 3, 3)) == ["/relu#1", "/mean#1"]


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.one, self.two = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.two(torch.relu(self.one(x)))


def test_blocks_stand_for_what_is_in_them():
    net = nn.Sequential(
        nn.Linear(4, 5), nn.Sequential(Residual(5), Residual(5), Residual(5)), nn.LayerNorm(5), nn.Linear(5, 2)
    )
    assert names(net, torch.rand(2, 4)) == ["1.0", "1.1", "1.2", "2"]


def test_many_layers_are_thinned_and_the_last_one_stays():
    found = names(dense(4, *[6] * 12, 3), torch.rand(2, 4))
    assert len(found) == MOST
    assert found[-1] == "24"


def test_the_last_of_each_width_comes_first():
    layers = [Layer(str(i), "ReLU", (1, width)) for i, width in enumerate([8, 8, 8, 5, 5, 4, 4, 4])]
    assert [layer.name for layer in thinned(layers, 3)] == ["2", "4", "7"]
    assert [layer.name for layer in thinned(layers, 8)] == [str(i) for i in range(8)]
    assert [layer.name for layer in thinned(layers[:3], 2)] == ["0", "2"]


def test_layers_by_name_in_the_order_in_which_they_are_named():
    assert names(dense(4, 8, 7, 3), torch.rand(2, 4), ["4", "2"]) == ["4", "2"]
    assert names(dense(4, 8, 7, 3), torch.rand(2, 4), "2") == ["2"]


def test_a_network_without_an_inner_layer():
    with pytest.raises(WrongLayer, match="has no inner layer to choose"):
        names(nn.Linear(4, 2), torch.rand(2, 4))
    with pytest.raises(WrongLayer, match="Layers are: none. Open a network that has layers"):
        names(lambda x: x @ torch.ones(4, 2).numpy(), torch.rand(2, 4))


def test_names_that_do_not_exist_or_come_twice():
    with pytest.raises(NoSuchLayer):
        names(dense(4, 8, 3), torch.rand(2, 4), ["nine"])
    with pytest.raises(BadSetting, match="a layer twice"):
        names(dense(4, 8, 3), torch.rand(2, 4), ["2", "2"])
    with pytest.raises(BadSetting, match="no layer"):
        names(dense(4, 8, 3), torch.rand(2, 4), [])


def test_a_name_that_is_only_a_number_says_that_it_is_a_layer():
    assert [titled(name) for name in ("2", "1.0", "conv1", "features.3")] == [
        "layer 2",
        "layer 1.0",
        "conv1",
        "features.3",
    ]
