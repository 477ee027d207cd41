"""Guided backpropagation and deconvnet: by pencil, by explicit loops, and on every way to write a rectifier."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import Function, Overwriting, normal, seeded, two_relus, values
from vitrail.rules.guided import CUTTING, RECTIFIERS

close = torch.testing.assert_close
BOTH = ("guided-backprop", "deconvnet")


def test_two_rectifiers_by_pencil():
    """f = relu(x_0) - relu(x_1): 1 comes back to the first, -1 to the second."""
    x = torch.tensor([[2.0, 3.0], [-2.0, 3.0], [2.0, -3.0], [-2.0, -3.0]], dtype=torch.float64)
    close(values(two_relus(), x, "guided-backprop"), torch.tensor([[1.0, 0], [0, 0], [1, 0], [0, 0]]).double())
    close(values(two_relus(), x, "deconvnet"), torch.tensor([[1.0, 0], [1, 0], [1, 0], [1, 0]]).double())
    close(values(two_relus(), x, "gradient"), torch.tensor([[1.0, -1], [0, -1], [1, 0], [0, 0]]).double())


def test_two_layers_by_pencil():
    """f = relu(3 - relu(x)) + 2 relu(x) at x = 1: the paths bring back -1 and 2 to the inner rectifier, 1 together."""
    net = Function(lambda x: (F.relu(3 - F.relu(x)) + 2 * F.relu(x)).sum(1))
    x = torch.tensor([[1.0], [-1.0], [5.0]], dtype=torch.float64)
    close(values(net, x, "guided-backprop"), torch.tensor([[2.0], [0], [2]]).double())
    close(values(net, x, "deconvnet"), torch.tensor([[2.0], [2], [2]]).double())


def slow(weights, x, kind):
    """Three dense layers with rectifiers between them, number by number. x (inputs,)."""
    read = [x]
    for w, b in weights[:-1]:
        read.append((w @ read[-1] + b).clamp(min=0))
    back = weights[-1][0][0].tolist()
    for (w, _), made in zip(reversed(weights[:-1]), reversed(read[1:]), strict=True):
        for k, given in enumerate(back):
            open_ = kind == "deconvnet" or made[k] > 0
            back[k] = given if given > 0 and open_ else 0.0
        back = [sum(float(w[k, j]) * back[k] for k in range(len(back))) for j in range(w.shape[1])]
    return torch.tensor(back, dtype=torch.float64)


@pytest.mark.parametrize("kind", BOTH)
def test_by_loops(kind):
    net = seeded(nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 1)), 3)
    x = normal(4, 5, seed=1)
    weights = [(net[i].weight.data, net[i].bias.data) for i in (0, 2, 4)]
    found = values(net, x, kind)
    close(found, torch.stack([slow(weights, one, kind) for one in x]))
    assert (found - values(net, x, "gradient")).abs().max() > 0.1


class Written(nn.Module):
    """dense, rectifier, dense; the rectifier as it is given."""

    def __init__(self, rectifier):
        super().__init__()
        self.one, self.two, self.rectifier = nn.Linear(4, 6), nn.Linear(6, 2), rectifier

    def forward(self, x):
        return self.two(self.rectifier(self.one(x)))


RELUS = {
    "module": nn.ReLU(),
    "in place": nn.ReLU(inplace=True),
    "function": torch.relu,
    "method": lambda h: h.relu(),
    "written over": lambda h: h.relu_(),
    "clamp": lambda h: h.clamp(min=0),
    "clamp written over": lambda h: h.clamp_(0),
    "clamp_min": lambda h: torch.clamp_min(h, 0.0),
    "maximum": lambda h: torch.maximum(h, torch.zeros_like(h)),
    "threshold": lambda h: F.threshold(h, 0.0, 0.0),
    "prelu": lambda h: F.prelu(h, torch.zeros(1, dtype=h.dtype)),
    "leaky": lambda h: F.leaky_relu(h, 0.0),
}


@pytest.mark.parametrize("way", RELUS)
@pytest.mark.parametrize("kind", BOTH)
def test_however_a_rectifier_is_written(kind, way):
    x = normal(5, 4, seed=2)
    plain = values(seeded(Written(RELUS["module"]), 1), x, kind)
    assert (plain - values(seeded(Written(RELUS["module"]), 1), x, "gradient")).abs().max() > 0.1
    close(values(seeded(Written(RELUS[way]), 1), x, kind), plain)


SMOOTH = {"gelu": F.gelu, "silu": F.silu, "elu": F.elu, "softplus": F.softplus, "mish": F.mish, "relu6": F.relu6}
SMOOTH |= {"celu": F.celu, "selu": F.selu, "hardswish": F.hardswish, "leaky_relu": F.leaky_relu}


@pytest.mark.parametrize("kind", BOTH)
def test_the_module_that_stops_at_six_is_the_function(kind):
    """It calls hardtanh."""
    x = 4 * normal(5, 4, seed=2)
    found = values(seeded(Written(nn.ReLU6()), 1), x, kind)
    close(found, values(seeded(Written(F.relu6), 1), x, kind))
    assert (found - values(seeded(Written(nn.ReLU6()), 1), x, "gradient")).abs().max() > 0.1


@pytest.mark.parametrize("name", SMOOTH)
def test_rectifiers_that_bend(name):
    """guided: their own slope, times what is positive of what comes back; deconvnet: only that."""
    net, x = seeded(Written(SMOOTH[name]), 1), normal(5, 4, seed=2)
    h = net.one(x).detach().requires_grad_()
    (slope,) = torch.autograd.grad(SMOOTH[name](h).sum(), h)
    back = net.two.weight.data[0].clamp(min=0)
    close(values(net, x, "guided-backprop"), (slope * back) @ net.one.weight.data)
    close(values(net, x, "deconvnet"), back.expand(5, -1) @ net.one.weight.data)


@pytest.mark.parametrize(
    "other",
    [torch.tanh, torch.sigmoid, F.hardtanh, lambda h: h.clamp(min=-0.5), lambda h: torch.maximum(h, -h)],
)
@pytest.mark.parametrize("kind", BOTH)
def test_other_operations_keep_their_gradient(kind, other):
    net, x = seeded(Written(other), 1), normal(5, 4, seed=2)
    answer = vitrail.explain(vitrail.open(net), x, kind, 0)
    close(torch.as_tensor(answer.values), values(net, x, "gradient"))
    assert answer.checks["rectifiers"] == "none: this is the gradient"


def test_the_rectifiers_that_were_met_are_named():
    net = Function(lambda x: F.relu(x[:, 0]) + F.silu(x[:, 1]) + F.gelu(x.detach()[:, 2]))
    answer = vitrail.explain(vitrail.open(net), normal(3, 3), "guided-backprop", 0)
    assert answer.checks["rectifiers"] == "relu, silu"


@pytest.mark.parametrize("kind", BOTH)
def test_the_sum_of_two_networks_does_not_get_the_sum(kind):
    """Neither linear in the network nor blind to how it is written: relu(x) - relu(-x) is x."""
    x = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)
    close(values(Function(lambda x: (F.relu(x) - F.relu(-x)).sum(1)), x, "gradient"), torch.ones_like(x))
    found = values(Function(lambda x: (F.relu(x) - F.relu(-x)).sum(1)), x, kind)
    close(found, torch.ones_like(x) if kind == "deconvnet" else torch.tensor([[1.0], [0.0]]).double())
    parts = [values(Function(f), x, kind) for f in (lambda x: F.relu(x).sum(1), lambda x: F.relu(-x).sum(1))]
    assert (found - parts[0] + parts[1]).abs().max() >= 1


def test_every_name_is_an_operation():
    assert all(hasattr(torch, name) or hasattr(F, name) for name in (*RECTIFIERS, *CUTTING))


def test_the_largest_of_several_is_no_rectifier():
    """max over an axis goes by another name in words, and by the same in torch."""
    net, x = Function(lambda x: -torch.max(x.unflatten(1, (2, 2)), 2)[0].sum(1)), normal(4, 4)
    for kind in BOTH:
        close(values(net, x, kind), values(net, x, "gradient"))


def test_rectifiers_in_place_that_a_skip_still_needs():
    class Apart(Overwriting):
        def forward(self, x):
            h = F.relu(self.one(x))
            return self.head(F.relu(self.two(h) + h).mean((2, 3)))

    x = normal(3, 1, 5, 5, seed=15)
    for kind in BOTH:
        close(values(seeded(Overwriting(), 5), x, kind), values(seeded(Apart(), 5), x, kind))
