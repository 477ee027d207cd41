import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.model.axes import follow
from vitrail.model.network import first_tensor
from vitrail.model.ops import Watch, plain_name, tensors_in


def axis_after(run, x, axis):
    """The channel axis that is followed from `axis` of x to what `run` makes."""
    known, made = {id(x): axis}, []

    def every(func, args, kwargs):
        result = func(*args, **kwargs)
        tensor = first_tensor(result)
        if tensor is not None:
            inputs = list(tensors_in((args, kwargs)))
            known[id(tensor)] = follow(plain_name(func), func, args, kwargs, inputs, tensor, known)
            made.append(tensor)
        return result

    with Watch({}, every):
        run(x)
    return known[id(made[-1])]


@pytest.mark.parametrize(
    ("run", "axis", "expected"),
    [
        (lambda x: x.permute(0, 2, 3, 1), 1, 3),
        (lambda x: x.permute((0, 2, 3, 1)), 1, 3),
        (lambda x: torch.permute(x, (0, 3, 1, 2)), 3, 1),
        (lambda x: x.transpose(1, 3), 1, 3),
        (lambda x: torch.swapaxes(x, -1, 1), 3, 1),
        (lambda x: x.movedim(1, -1), 1, 3),
        (lambda x: x.flatten(2), 1, 1),
        (lambda x: x.flatten(1), 1, 1),
        (lambda x: x.flatten(1, 2), 3, 2),
        (lambda x: x.mean((2, 3)), 1, 1),
        (lambda x: x.mean((1, 2)), 3, 1),
        (lambda x: x.amax((2, 3), keepdim=True), 1, 1),
        (lambda x: x.relu() * 2 + 1, 1, 1),
        (lambda x: torch.cat([x, x], 1), 1, 1),
        (lambda x: torch.cat([x, x.relu()], -1), 3, 3),
        (lambda x: 1 - x, 3, 3),
        (lambda x: F.max_pool2d(x, 2), 1, 1),
        (lambda x: F.conv2d(x, torch.ones(5, 3, 1, 1)), None, 1),
        (lambda x: x.flatten(2).permute(0, 2, 1), 1, 2),
        (lambda x: F.layer_norm(x, (6,)), None, 3),
        (lambda x: F.linear(x, torch.ones(2, 6)), None, 3),
        (lambda x: x @ torch.ones(6, 2), None, 3),
        (lambda x: x @ x.transpose(2, 3), 3, None),
    ],
)
def test_channels_are_followed(run, axis, expected):
    assert axis_after(run, torch.rand(2, 3, 4, 6), axis) == expected


def test_sizes_that_are_equal_do_not_confuse():
    assert axis_after(lambda x: x.permute(0, 2, 3, 1), torch.rand(4, 4, 4, 4), 1) == 3


class Tokens(nn.Module):
    """Pictures to patches to tokens; attention that comes as one call; an einsum."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 2, 2)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        tokens = self.norm(self.patch(x).flatten(2).transpose(1, 2))
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        mixed = torch.einsum("btc,cd->btd", tokens, self.head.weight.T)
        return mixed.mean(1)


def test_channels_are_followed_through_a_transformer():
    model = vitrail.open(Tokens().double())
    model(torch.rand(2, 3, 8, 6, dtype=torch.float64))
    axes = {layer.name: (layer.shape, layer.channel_axis) for layer in model.layers}
    assert axes["patch"] == ((1, 8, 4, 3), 1)
    assert axes["norm"] == ((1, 12, 8), 2)
    assert axes["attention"] == ((1, 12, 8), 2)
    assert axes["/add#1"] == ((1, 12, 8), 2)
    assert axes["/einsum#1"] == ((1, 12, 4), 2)
    assert axes["/mean#1"] == ((1, 4), 1)
