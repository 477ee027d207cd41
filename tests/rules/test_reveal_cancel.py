"""Reveal-cancel: what raises and what lowers a unit, one after the other."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import F64, Function, Pooled, explained, normal, picture_nets, rectified, seeded, smooth, values
from test_two_routes import PICTURES, Cnn, Functions, in_keras, weighted
from test_two_routes import Reused as OneReLU
from vitrail.errors import BadInput, NoRule

close = torch.testing.assert_close
X, R = normal(6, 5, seed=21), normal(6, 5, seed=22)


def revealed(net, x, target=0, **more):
    return values(net, x, "deeplift", target, rule="reveal-cancel", **more)


def least(x):
    """The smaller of two, as the paper writes it: o = i1 - relu(i1 - i2)."""
    return x[:, 0] - F.relu(x[:, 0] - x[:, 1])


@pytest.mark.parametrize("x", [[1.0, 3.0], [4.0, 2.0], [0.5, 0.5]])
def test_the_smaller_of_two_is_shared_evenly(x):
    """The worked example of the paper, section 3.5.3: both inputs get half of the minimum."""
    x = torch.tensor([x], dtype=F64)
    close(revealed(Function(least), x), x.min(1, keepdim=True).values.expand(1, 2) / 2)
    one = torch.zeros_like(x)
    one[0, x[0].argmin()] = x.min()
    if x[0, 0] != x[0, 1]:
        close(values(Function(least), x, "deeplift"), one)


def test_inputs_that_cancel_are_seen():
    """x_0 - x_1 does not change, and rescale has one slope for both; the unit is raised by one and lowered by the
    other."""
    x = torch.tensor([[2.0, 2.0]], dtype=F64)
    found = revealed(Function(lambda x: F.relu(x[:, 0] - x[:, 1]) * 3), x)
    close(found, torch.tensor([[3.0, -3.0]], dtype=F64))


def by_hand(w, b, f, v, x, r):
    """v . f(w x + b), written out with loops, as in section 3.5 of the paper."""
    found = torch.zeros_like(x)
    for k in range(len(w)):
        shares = w[k] * (x - r)
        up, down = shares.clamp(min=0).sum(), shares.clamp(max=0).sum()
        h = w[k] @ r + b[k]
        rise = (f(h + up) - f(h)) / 2 + (f(h + down + up) - f(h + down)) / 2
        fall = (f(h + down) - f(h)) / 2 + (f(h + down + up) - f(h + up)) / 2
        for i, share in enumerate(shares):
            found[i] += v[k] * share * (rise / up if share > 0 else fall / down)
    return found


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softplus"])
def test_one_hidden_layer_is_the_definition_done_slowly(activation):
    f, w, b, v = getattr(F, activation), normal(8, 5, seed=1), normal(8, seed=2), normal(8, seed=3)
    net = Function(lambda x: f(x @ w.T + b) @ v)
    for x, r in zip(X, R, strict=True):
        close(revealed(net, x[None], baseline=r)[0], by_hand(w, b, f, v, x, r))


def test_the_second_layer_reads_signs_of_whole_changes():
    """Section 3.5.1: a contribution's part goes by w dx; both parts of dx then have the same multiplier."""
    w, v = torch.tensor([[1.0, -2.0], [2.0, -1.0]], dtype=F64), torch.tensor([1.0, -1.0], dtype=F64)
    x = torch.tensor([[1.0, 1.0]], dtype=F64)
    net = Function(lambda x: torch.relu(torch.relu(x @ w.T + 2) @ v + 1))
    # h = (1, 3) from (2, 2): units change by -1 and +1; both raise no more than fall: dy+ = 0, dy- = -2
    # second: h = 1 + 1 - 3 = -1 from 1: all falls, output 0 from 1, slope 1/2
    # first layer, unit 0: raised 1, lowered 2: relu linear (2, 3, 0, 1): slopes 1; unit 1 the same (4, 1)
    close(revealed(net, x), torch.tensor([[0.5 * (1 - 2), 0.5 * (-2 + 1)]], dtype=F64))


NETS = {
    "relu": (rectified(), X, R[0]),
    "tanh": (smooth(), X, R[0]),
    **{name: (*picture_nets()[name], 0.3) for name in picture_nets()},
}
HIDDEN, OUT = normal(8, 5, seed=1), normal(3, 8, seed=2)


def between(f):
    return Function(
        lambda x: (lambda y: y.flatten(1) @ torch.linspace(1, 2, y[0].numel(), dtype=F64))(f(x @ HIDDEN.T + 0.2))
    )


NETS |= {
    name: (between(f), X, R[0])
    for name, f in {
        "in place": lambda h: h.relu_().mul_(-2).add_(1).tanh_(),
        "negative scale": lambda h: torch.tanh(-h * 3 + 1),
        "neg": lambda h: torch.tanh(torch.neg(h)),
        "sub": lambda h: torch.tanh(h[:, :4] - torch.relu(h[:, 4:])),
        "rsub": lambda h: torch.tanh(torch.rsub(h[:, :4], torch.relu(h[:, 4:]), alpha=2)),
        "half of each": lambda h: torch.tanh(torch.cat(torch.relu(h).chunk(2, 1)[::-1], 1)),
        "mean": lambda h: torch.tanh(torch.relu(h).mean(1, keepdim=True)),
        "pooled": lambda h: torch.tanh(F.avg_pool1d(h[:, None], 3, 2)[:, 0]),
        "largest": lambda h: torch.tanh(F.max_pool1d(h[:, None], 3, 2)[:, 0]),
        "larger": lambda h: torch.tanh(torch.maximum(h, -h + 0.1)),
        "smallest": lambda h: torch.tanh(h.amin(1, keepdim=True)),
        "max with places": lambda h: torch.tanh(h.max(1, keepdim=True).values),
        "conv1d": lambda h: torch.tanh(F.conv1d(h[:, None], normal(2, 1, 3, seed=4), normal(2))),
        "transposed": lambda h: torch.tanh(F.conv_transpose1d(h[:, None], normal(1, 2, 3, seed=4))),
        "einsum": lambda h: torch.tanh(torch.einsum("bi,oi->bo", h, OUT)),
        "tensordot": lambda h: torch.tanh(torch.tensordot(h, OUT.T, 1)),
        "padded": lambda h: torch.tanh(F.pad(h, (1, 2), value=0.7)),
        "masked": lambda h: torch.tanh(h.masked_fill(torch.arange(8) > 4, 2.0)),
        "log of a sum": lambda h: torch.log(h.abs().sum(1, keepdim=True) - h.abs()),
        "square": lambda h: torch.square(h),
        "written into": lambda h: into(torch.full_like(h, torch.nan), torch.relu(h)),
    }.items()
}


def into(made, h):
    made[:, :4] = h[:, 4:] * 2
    made[:, 4:] = torch.sigmoid(made[:, :4])
    return made


@pytest.mark.parametrize("name", NETS)
def test_values_add_up_to_the_change(name):
    net, x, reference = NETS[name]
    answer = explained(net, x, "deeplift", 0, rule="reveal-cancel", baseline=reference)
    assert abs(answer.values).max() > 1e-3
    assert answer.checks["completeness_gap"].max() < 1e-10


@pytest.mark.parametrize("f", [torch.relu, torch.tanh])
def test_with_inputs_of_one_sign_it_is_rescale(f):
    w = normal(8, 5, seed=1).abs()
    net = Function(lambda x: f(x @ w.T - 1) @ normal(8))
    x = X.abs() + 0.1
    close(revealed(net, x), values(net, x, "deeplift"))


def test_a_linear_network_gives_weight_times_change():
    net = seeded(nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 1)))
    expected = (net[1].weight @ net[0].weight).detach() * (X - R[0])
    close(revealed(net, X, baseline=R[0]), expected)


def test_a_batch_norm_belongs_to_the_weights_before_it():
    """A convolution with its batch norm is one linear operation: folding it changes nothing."""
    net = seeded(Pooled(), 1)
    norm = nn.BatchNorm2d(3).double().eval()
    norm.running_mean, norm.running_var = normal(3, seed=1), normal(3, seed=2).abs() + 0.1
    norm.weight.data = torch.tensor([1.0, -2.0, 0.5], dtype=F64)
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    plain = nn.Sequential(net.conv, norm, net.relu, nn.AdaptiveAvgPool2d(1), nn.Flatten(), net.head)
    folded = seeded(Pooled(), 1)
    folded.conv.weight.data = net.conv.weight.data * scale.detach()[:, None, None, None]
    folded.conv.bias.data = ((net.conv.bias - norm.running_mean) * scale + norm.bias).detach()
    x = normal(2, 1, 5, 6, seed=4)
    close(revealed(plain, x), revealed(folded, x))


@pytest.mark.parametrize("kind", [Functions, OneReLU])
def test_modules_functions_and_one_relu_in_place_agree(kind):
    expected = revealed(weighted(Cnn()).double(), PICTURES, [0, 2, 1])
    close(revealed(weighted(kind(inplace=True)).double(), PICTURES, [0, 2, 1]), expected)
    keras = revealed(vitrail.open(in_keras("cnn")), PICTURES.movedim(1, -1), [0, 2, 1])
    close(keras.movedim(-1, 1).double(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("f", "key"),
    [(lambda h: torch.softmax(h, 1), "softmax"), (lambda h: h * h, "product"), (lambda h: h.cumprod(1), "cumprod")],
)
def test_what_has_no_parts_is_refused(f, key):
    with pytest.raises(NoRule, match=f"reveal-cancel has no rule for {key}.*rule='rescale'"):
        explained(between(f), X, "deeplift", rule="reveal-cancel")


def test_half_precision_and_functions_of_two_are_refused():
    with pytest.raises(BadInput, match="bfloat16"):
        explained(between(lambda h: torch.tanh(h.bfloat16()).double()), X, "deeplift", rule="reveal-cancel")
    with pytest.raises(BadInput, match="pow reads 2 tensors"):
        explained(between(lambda h: h.abs() ** h.abs()[:, :1]), X, "deeplift", rule="reveal-cancel", baseline=0.1)
