"""FullGrad's biases: each by its definition, and their sum with the input's share on every kind of network."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from biasless import Products, tokens, transformers
from known import Function, Glimpse, normal, picture_nets, seeded, smooth
from vitrail.rules import Applied
from vitrail.rules.fullgrad import fullgrad

close = torch.testing.assert_close


def parts(net, x, target=0):
    """(x * gradient, [bias * gradient, ...]) for one example."""
    found = []
    model = vitrail.open(net)
    with model.asking(x) as bound:
        given = bound.under(Applied(fullgrad(found.append))).gradient(bound.question.packed.x, vitrail.Output(target))
    return x * given, found


def added(net, x, target=0):
    """(batch,) the sum of everything, one example at a time."""
    both = [parts(net, x[i : i + 1], target) for i in range(len(x))]
    return torch.stack([share.sum() + sum(part.sum() for part in found) for share, found in both])


# -- the biases -------------------------------------------------------------------------------------------


def test_a_convolution_adds_its_bias():
    """f = sum over places of w . (conv(x) + bias): at every place w_c bias_c."""
    conv, w = seeded(nn.Conv2d(2, 3, 3), 1), normal(3)
    net = Function(lambda x: (conv(x) * w[:, None, None]).sum((1, 2, 3)))
    share, found = parts(net, normal(1, 2, 5, 5))
    drawn = [part for part in found if part.any()]
    assert len(drawn) == 1
    close(drawn[0], (w * conv.bias.data)[None, :, None, None].expand(1, 3, 3, 3))
    close(share.sum(), net(normal(1, 2, 5, 5))[0, 0].detach() - drawn[0].sum())


def test_a_rectifier_adds_nothing_and_leaves_no_rounding():
    def norm(x):
        return F.batch_norm(
            x, torch.zeros(3).double(), normal(3, seed=5) ** 2, normal(3, seed=6), torch.zeros(3).double()
        )

    for rectifier in (norm, F.relu, F.leaky_relu, lambda x: F.max_pool1d(x, 2), lambda x: 0.3 * x, lambda x: x.mean(2)):
        _, found = parts(Function(lambda x, f=rectifier: f(x).flatten(1).sum(1)), normal(1, 3, 6))
        assert found
        assert not any(part.any() for part in found)


def test_a_smooth_activation_adds_what_its_tangent_misses():
    for function, slope in ((torch.tanh, lambda x: 1 - torch.tanh(x) ** 2), (torch.exp, torch.exp)):
        x, w = normal(1, 4), normal(4, seed=1)
        _, found = parts(Function(lambda x, f=function, w=w: (f(x) * w).sum(1)), x)
        drawn = [part for part in found if part.any()]
        assert len(drawn) == 1
        close(drawn[0], (function(x) - slope(x) * x) * w)


def test_batch_norm_adds_its_shift():
    norm = nn.BatchNorm1d(4).double().eval()
    norm.running_mean, norm.running_var = normal(4, seed=1), normal(4, seed=2).square() + 0.5
    norm.weight.data, norm.bias.data = normal(4, seed=3), normal(4, seed=4)
    _, found = parts(Function(lambda x: norm(x).sum(1)), normal(1, 4))
    (drawn,) = [part for part in found if part.any()]
    shift = norm.bias - norm.weight * norm.running_mean / (norm.running_var + norm.eps).sqrt()
    close(drawn, shift[None].detach())


def slow_bias(function, x):
    """y - J x, with the whole matrix of slopes."""
    jacobian = torch.autograd.functional.jacobian(function, x)
    return function(x) - torch.einsum("ij,j->i", jacobian.reshape(-1, x.numel()), x.flatten()).reshape(
        function(x).shape
    )


MIXING = {
    "layer norm": lambda x: F.layer_norm(x, (4,), None, None),
    "group norm": lambda x: F.group_norm(x, 2),
    "softmax": lambda x: torch.softmax(x, 1),
    "log softmax": lambda x: F.log_softmax(x, 1),
    "deviation": lambda x: x.std(1, keepdim=True).expand(1, 4),
    "product": lambda x: x * x,
    "division": lambda x: x / x.flip(1).exp(),
    "largest": lambda x: x.amax(1, keepdim=True).expand(1, 4),
    "bilinear": lambda x: torch.einsum("bi,bj->bij", x, x).sum(2),
    "logsumexp": lambda x: torch.logsumexp(x, 1, keepdim=True).expand(1, 4),
    "gated": lambda x: F.glu(torch.cat([x, x.flip(1)], 1), 1),
    "joined": lambda x: torch.cat([x[:, :2], torch.ones(1, 2).double()], 1),
    "masked": lambda x: x.masked_fill(torch.tensor([[True, False, False, True]]), 2.0),
    "framed": lambda x: F.pad(x, (1, 1), value=3.0)[:, 1:5] + F.pad(x, (0, 2), value=3.0)[:, 2:],
    "power": lambda x: x.pow(3),
    "chosen": lambda x: torch.where(x > 0, x, torch.full_like(x, -1.5)),
}


@pytest.mark.parametrize("way", MIXING)
def test_biases_by_the_matrix_of_slopes(way):
    """All biases inside are weighed as the whole function's own bias is, when it stands alone under linear weights."""
    x, w = normal(1, 4), normal(4, seed=1)
    _, found = parts(Function(lambda x: (MIXING[way](x) * w).sum(1)), x)
    expected = (slow_bias(MIXING[way], x) * w).sum()
    close(sum(part.sum() for part in found), expected)


def test_scores_behind_a_mask_add_nothing_and_no_nan():
    mask = torch.tensor([[0.0, -torch.inf, 0, -torch.inf]], dtype=torch.float64)
    net = Function(lambda x: torch.softmax(x + mask, 1) @ torch.arange(4.0).double())
    close(added(net, normal(3, 4)), net(normal(3, 4))[:, 0].detach())


# -- the whole --------------------------------------------------------------------------------------------


class Normalised(nn.Module):
    """conv, batch norm, SiLU, pooling, conv, group norm, tanh; a residual; dense."""

    def __init__(self):
        super().__init__()
        self.one, self.norm = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.two, self.groups, self.head = nn.Conv2d(4, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.Linear(4, 3)

    def forward(self, x):
        x = F.max_pool2d(F.silu(self.norm(self.one((x - 0.4) / 0.3))), 2)
        return self.head((x + torch.tanh(self.groups(self.two(x)))).mean((2, 3)))


def normalised():
    net = seeded(Normalised(), 6)
    net.norm.running_mean, net.norm.running_var = normal(4, seed=1), normal(4, seed=2).square() + 0.5
    return net


def networks():
    nets = {name: (net, tokens()) for name, net in transformers().items()} | picture_nets()
    nets["products"] = seeded(Products(), 3), tokens()
    nets["smooth"] = smooth(), normal(3, 5)
    nets["normalised"] = normalised(), normal(3, 2, 8, 8, seed=3)
    for way in ("eager", "sdpa", "rope"):
        nets[f"picture {way}"] = seeded(Glimpse(back=2, way=way), 3), normal(3, 2, 8, 6, seed=13)
    return nets


@pytest.mark.parametrize("name", networks())
def test_everything_adds_up_to_the_answer(name):
    net, x = networks()[name]
    whole = net(x.clone())[:, 0].detach()
    close(added(net, x), whole, rtol=1e-9, atol=1e-9)
    share = torch.stack([parts(net, x[i : i + 1])[0].sum() for i in range(len(x))])
    assert (share - whole).abs().max() > 0.01


def test_what_comes_back_is_the_gradient():
    net, x = normalised(), normal(1, 2, 8, 8, seed=3)
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(net(leaf)[:, 0].sum(), leaf)
    close(parts(net, x)[0], x * expected)
