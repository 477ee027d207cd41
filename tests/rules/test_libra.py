"""LibraGrad: every rule by its definition, and completeness of the whole on transformers without biases."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from biasless import Encoder, Products, tokens, transformers
from known import Function, normal, picture_nets, seeded, values
from vitrail.rules.libra import GATES

close = torch.testing.assert_close


def gradient(function, x):
    """Of the sum of a function, by autograd alone."""
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(function(leaf).sum(), leaf)[0]


def libra(function, x):
    """The libra gradient of the sum of a function; x holds no zeros."""
    return values(Function(lambda x: function(x).flatten(1).sum(1)), x, "libragrad") / x


# -- the rules --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_held_still(name):
    gate, x = getattr(F, name), normal(4, 6) * 2
    close(libra(gate, x), gate(x) / x)
    assert (gradient(gate, x) - gate(x) / x).abs().max() > 0.1


@pytest.mark.parametrize("name", GATES)
def test_a_gate_at_zero_is_its_slope_there(name):
    gate, x = getattr(F, name), torch.zeros(2, 3).double()
    net = Function(lambda x: (gate(x - 1 + 1) + 0 * x).sum(1))
    model = vitrail.open(net)
    with model.asking(x) as bound:
        found = vitrail.rules.libra.balanced(bound).gradient(bound.question.packed.x, vitrail.Output(0))
    close(found, torch.full_like(x, 0.6 if name == "mish" else 0.5))  # mish: tanh(log 2)


def test_a_gate_written_by_hand_is_a_product():
    """The same function, other values: LibraGrad depends on how a network is written."""
    x = normal(4, 6)
    g = torch.sigmoid(x)
    close(libra(lambda x: x * torch.sigmoid(x), x), (g + x * g * (1 - g)) / 2)
    close(libra(F.silu, x), g)


def test_other_activations_keep_their_gradient():
    x = normal(4, 6)
    for function in (torch.tanh, torch.sigmoid, F.relu, F.elu, F.softplus, torch.exp):
        close(libra(function, x), gradient(function, x))


NORMS = {
    "layer norm": lambda x, w: F.layer_norm(x, (6,), w),
    "rms norm": lambda x, w: F.rms_norm(x, (6,), w, 1e-6),
    "by hand": lambda x, w: w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)),
    "by root": lambda x, w: x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w,
    "by deviation": lambda x, w: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) * w,
    "by variance": lambda x, w: (x - x.mean(-1, keepdim=True)) * torch.rsqrt(x.var(-1, keepdim=True) + 1e-5) * w,
    "by largest": lambda x, w: x / (x.abs().amax(-1, keepdim=True) + 1) * w,
}


@pytest.mark.parametrize("way", NORMS)
def test_the_spread_of_a_norm_is_held_still(way):
    x, w = normal(3, 4, 6), normal(6, seed=1)
    spread = {
        "layer norm": (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt(),
        "by deviation": x.std(-1, keepdim=True),
        "by variance": (x.var(-1, keepdim=True) + 1e-5).sqrt(),
        "by largest": x.abs().amax(-1, keepdim=True) + 1,
    }.get(way, (x.square().mean(-1, keepdim=True) + 1e-6).sqrt())
    back = w / spread
    centred = "layer norm", "by deviation", "by variance"
    expected = back - back.mean(-1, keepdim=True) if way in centred else back
    close(libra(lambda x: NORMS[way](x, w), x), expected)
    assert (expected - gradient(lambda x: NORMS[way](x, w), x)).abs().max() > 0.1


def test_a_product_gives_half_to_each_factor():
    x, a, b = normal(4, 6), normal(5, 6, seed=1), normal(5, 6, seed=2)
    expected = torch.zeros_like(x)
    for i in range(4):
        for k in range(5):
            u, v = (float(sum(w[k, j] * x[i, j] for j in range(6))) for w in (a, b))
            for j in range(6):
                expected[i, j] += (a[k, j] * v + b[k, j] * u) / 2
    close(libra(lambda x: (x @ a.T) * (x @ b.T), x), expected)
    close(libra(lambda x: x * x, x), x)
    close(libra(lambda x: torch.einsum("bi,bj->bij", x, x), x), x.sum(1, keepdim=True).expand_as(x))


def test_a_division_belongs_to_what_is_divided():
    x = normal(4, 6)
    close(libra(lambda x: x / (1 + x.flip(1).abs()), x), 1 / (1 + x.flip(1).abs()))
    close(libra(lambda x: torch.div(3.0, x), x), -3 / x**2)
    close(libra(lambda x: torch.div(torch.full_like(x, 3.0), x), x), -3 / x**2)


def test_half_of_the_features_behind_gates():
    x = normal(4, 6)
    gates = torch.sigmoid(x[:, 3:])
    close(libra(lambda x: F.glu(x, 1), x), torch.cat([gates, torch.zeros_like(gates)], 1))


def attended(x, w, way):
    q, k, v = (torch.stack([x @ part for part in w[i : i + 2]], 1) for i in (0, 2, 4))
    if way == "fused":
        return F.scaled_dot_product_attention(q, k, v)
    weights = torch.softmax(q @ k.mT * q.shape[-1] ** -0.5, -1)
    return (weights.detach() if way == "held" else weights) @ v


@pytest.mark.parametrize("way", ["fused", "steps"])
def test_attention_leads_back_through_the_values_only(way):
    x, w = tokens(), normal(6, 8, 4, seed=4)
    expected = gradient(lambda x: attended(x, w, "held"), x)
    close(libra(lambda x: attended(x, w, way), x), expected)
    assert (expected - gradient(lambda x: attended(x, w, "steps"), x)).abs().max() > 0.1


SOFTMAXES = {
    "function": lambda s: F.softmax(s, 1),
    "axis": lambda s: torch.softmax(s, axis=1),
    "method": lambda s: s.softmax(dim=1),
    "single": lambda s: torch.softmax(s, 1, torch.float32).double(),
    "kind": lambda s: F.softmax(s, 1, 3, torch.float64),
}


@pytest.mark.parametrize("way", SOFTMAXES)
def test_however_softmax_is_asked_for(way):
    x, w = normal(3, 4, 5), normal(4, 5, seed=1)
    weights = torch.softmax(x, 1)
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if way == "single" else {}
    close(libra(lambda x: SOFTMAXES[way](x) * x * w, x), weights * w, **tolerance)


@pytest.mark.parametrize("squash", [lambda y: F.softmax(y, 1), lambda y: F.softmax(y, -1, dtype=torch.float64)])
def test_the_softmax_of_a_classifier_is_no_attention(squash):
    """Who asks for a probability gets its gradient."""

    class Squashed(nn.Sequential):
        def forward(self, x):
            return squash(super().forward(x))

    net, x = seeded(Squashed(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), 2), normal(4, 5)
    asked = vitrail.Output(1, of="probability")
    found = values(net, x, "libragrad", asked)
    close(found, values(net, x, "input-x-gradient", asked))
    assert found.abs().max() > 0.01


# -- the whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", transformers())
def test_it_adds_up_on_transformers_without_biases(name):
    net, x = transformers()[name], tokens()
    for target in range(3):
        found = values(net, x, "libragrad", target).flatten(1).sum(1)
        close(found, net(x)[:, target].detach())
        plain = values(net, x, "input-x-gradient", target).flatten(1).sum(1)
        assert (plain - found).abs().max() > 0.05


def test_it_adds_up_through_products_and_divisions():
    net, x = seeded(Products(), 3), tokens()
    close(values(net, x, "libragrad").flatten(1).sum(1), net(x)[:, 0].detach())


@pytest.mark.parametrize("name", sorted(set(picture_nets()) - {"flattened"}))
def test_it_is_the_gradient_where_nothing_needs_balance(name):
    net, x = picture_nets()[name]
    for target in (0, 1):
        close(values(net, x, "libragrad", target), values(net, x, "input-x-gradient", target))


def test_masks_leave_no_trace():
    """-inf, the least number of single precision and a mask by places are one mask."""
    nets, x = transformers(), tokens()
    for name in ("masked", "low"):
        nets[name].load_state_dict(nets["eager"].state_dict())
        nets[name].norms.load_state_dict(nets["eager"].norms.state_dict())
        close(values(nets[name], x, "libragrad"), values(nets["eager"], x, "libragrad"))


def test_the_axis_of_the_batch_does_not_matter():
    one, other = seeded(Encoder(), 4), seeded(Encoder(first=False), 4)
    close(values(one, tokens(), "libragrad"), values(other, tokens(), "libragrad"))
