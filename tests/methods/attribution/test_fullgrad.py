"""FullGrad as a picture: by pencil, by loops, and what it says of its own sum."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import Functional, explained, normal, picture_nets, rectified, seeded, values
from vitrail.errors import BadInput
from vitrail.methods.attribution.fullgrad import psi

close = torch.testing.assert_close


def test_psi_by_pencil():
    part = torch.tensor([[[[1.0, -3.0], [2.0, 5.0]], [[0.0, 1.0], [-1.0, 0.0]]]], dtype=torch.float64)
    close(psi(part, [2, 2]), torch.tensor([[[0.2, 0.8], [0.6, 1.0]]], dtype=torch.float64))
    close(psi(part + 6, [2, 2]), torch.tensor([[[0.875, 0.5], [0.875, 1.375]]], dtype=torch.float64))
    close(psi(torch.full_like(part, -2.0), [3, 5]), torch.zeros(1, 3, 5).double())
    close(psi(part, [4, 4]), F.interpolate(part.abs() / 5, size=[4, 4], mode="bilinear").sum(1))


class Two(nn.Module):
    """conv, relu, max pool, conv, SiLU, a dense layer on all places: its maps have two sizes."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.head = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 4, 1), nn.Linear(4 * 12, 2)

    def forward(self, x):
        return self.head(F.silu(self.two(F.max_pool2d(F.relu(self.one(x)), 2))).flatten(1))


def slow(net, x, target):
    """FullGrad of Two for one example, each bias written down by hand; (map, sum of everything)."""
    x = x.clone().requires_grad_()
    first = net.one(x)
    pooled = F.max_pool2d(F.relu(first), 2)
    second = net.two(pooled)
    gates = F.silu(second)
    answer = net.head(gates.flatten(1))[0, target]
    at_x, at_first, at_second, at_gates = torch.autograd.grad(answer, [x, first, second, gates])
    slopes = torch.sigmoid(second) * (1 + second * (1 - torch.sigmoid(second)))
    terms = [
        x * at_x,
        net.one.bias[None, :, None, None] * at_first,
        net.two.bias[None, :, None, None] * at_second,
        (gates - slopes * second) * at_gates,
    ]
    drawn = torch.zeros(1, *x.shape[2:], dtype=x.dtype)
    for term in terms:
        size = term.abs()
        size = (size - size.min()) / (size.max() - size.min())
        for channel in range(term.shape[1]):
            drawn += F.interpolate(size[:, channel : channel + 1], x.shape[2:], mode="bilinear")[:, 0]
    return drawn.detach(), sum(term.sum() for term in terms).detach() + net.head.bias[target].detach()


def test_the_whole_by_hand():
    net, x = seeded(Two(), 2), normal(3, 2, 8, 6, seed=4)
    for target in (0, 1):
        answer = explained(net, x, "fullgrad", target)
        by_hand = [slow(net, x[i : i + 1], target) for i in range(3)]
        close(torch.as_tensor(answer.values), torch.cat([drawn for drawn, _ in by_hand]))
        close(torch.stack([total for _, total in by_hand]), net(x)[:, target].detach())
        close(torch.as_tensor(answer.checks["conservation_gap"]), torch.zeros(3).double(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", picture_nets())
def test_it_is_a_map_that_adds_up(name):
    net, x = picture_nets()[name]
    answer = explained(net, x, "fullgrad", 1)
    assert answer.kind == "map"
    assert answer.axes["values"] == ("batch", "height", "width")
    assert answer.values.shape == (3, *x.shape[2:])
    assert answer.values.min() >= 0
    assert answer.checks["conservation_gap"].max() < 1e-9


def test_the_measured_gap_is_measured(monkeypatch):
    """An operation whose bias is forgotten shows."""
    net, x = picture_nets()["flattened"]
    kept = vitrail.rules.fullgrad.bias
    monkeypatch.setattr(
        "vitrail.rules.fullgrad.bias", lambda call: 0 * kept(call) if call.name == "tanh" else kept(call)
    )
    assert explained(net, x, "fullgrad", 1).checks["conservation_gap"].min() > 1e-3


def test_what_has_no_picture_is_refused():
    with pytest.raises(BadInput, match="needs pictures"):
        values(rectified(), normal(3, 5), "fullgrad")


def test_a_dense_bias_is_counted_and_not_drawn():
    net, x = seeded(Functional(), 3), normal(3, 2, 8, 6, seed=13)
    before = explained(net, x, "fullgrad", 1)
    net.head.bias.data += 100
    after = explained(net, x, "fullgrad", 1)
    close(after.values, before.values)
    assert after.checks["conservation_gap"].max() < 1e-9
