"""DeepLIFT's rules: every operation hands on exactly how much it changed from the reference."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import F64, Function, Glimpse, explained, normal, rectified, seeded, values
from vitrail.errors import BadInput, NetworkFailed, NoRule
from vitrail.model.keras import on_torch
from vitrail.rules.deeplift import DEEPLIFT, STEPS, fading, over
from vitrail.rules.operations import ELEMENTWISE, LARGEST, NORMS

close = torch.testing.assert_close
X, R = normal(6, 5, seed=21), normal(6, 5, seed=22)


def lifted(f, x=X, r=R, **more):
    """(values, change) of f (batch, ...) -> (batch,) or of a network's output 0, row by row against its reference."""
    net = f if isinstance(f, nn.Module) else Function(f)
    rows = [values(net, x[i : i + 1], "deeplift", 0, baseline=r[i if len(r) > 1 else 0], **more) for i in range(len(x))]
    with torch.no_grad():
        change = torch.cat([(net(x[i : i + 1]) - net(r.expand_as(x)[i : i + 1]))[:, 0] for i in range(len(x))])
    return torch.cat(rows), change


def assert_shared_out(f, x=X, r=R, rtol=1e-9, **more):
    found, change = lifted(f, x, r, **more)
    assert change.abs().min() > 1e-6
    close(found.flatten(1).sum(1), change, rtol=rtol, atol=1e-12)
    return found


def mixed(inputs=5, outputs=8, seed=5):
    return normal(outputs, inputs, seed=seed)


# -- functions of one number ------------------------------------------------------------------------------

NEEDS = {"rrelu": {"training": False}, "pow": {"exponent": 3}, "threshold": {"threshold": 0.1, "value": 0.3}}
NEEDS |= {"clamp": {"min": -0.5, "max": 0.4}, "clip": {"min": -0.5}, "clamp_min": {"min": -0.2}}
NEEDS |= {"clamp_max": {"max": 0.2}, "prelu": {"weight": torch.tensor([0.3], dtype=F64)}}
POSITIVE = {"log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "rdiv"}


def of_one(name):
    if name in ("rpow", "rdiv"):
        return (lambda x: 1.7**x) if name == "rpow" else (lambda x: 3 / x)
    home = next(home for home in (F, torch) if hasattr(home, name))
    return lambda x: getattr(home, name)(x, **NEEDS.get(name, {}))


@pytest.mark.parametrize("name", sorted(ELEMENTWISE))
def test_functions_of_one_number(name):
    f, a = of_one(name), mixed()
    hidden = (lambda x: (x @ a.T).abs() + 0.2) if name in POSITIVE else (lambda x: x @ a.T + 0.3)
    weight = normal(8, seed=6)
    found = assert_shared_out(lambda x: f(hidden(x)) @ weight)
    h, r = hidden(X), hidden(R)
    outer = weight * (f(h) - f(r)) / (h - r)
    inner = ((X @ a.T).abs() - (R @ a.T).abs()) / (X @ a.T - R @ a.T) if name in POSITIVE else 1.0
    close(found, (outer * inner) @ a * (X - R), rtol=1e-7, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "silu", "exp", "softplus", "erf", "square"])
def test_multipliers_are_smooth_where_the_quotient_is_noise(name, dtype):
    """Around every threshold: the multiplier is a slope in between, to the noise that its precision leaves."""
    f, middle = of_one(name), torch.linspace(-1.5, 1.5, 7, dtype=F64)
    slopes = torch.func.vmap(torch.func.grad(f))(middle)
    for step in [0.0, *np.geomspace(1e-17, 1e-2, 46)]:
        x, r = (middle + step / 2).to(dtype)[:, None], (middle - step / 2).to(dtype)[:, None]
        found = values(Function(lambda x: f(x)[:, 0]), x, Slope(r)).double()[:, 0]
        noise = {torch.float32: 3e-4, F64: 1e-9}[dtype]
        close(found, slopes, rtol=noise, atol=noise + step**2)


class Slope:
    """The multipliers themselves."""

    def __init__(self, reference):
        self.reference = reference

    def __call__(self, model, x, target):
        record = vitrail.rules.Record(DEEPLIFT).of(model, torch.as_tensor(self.reference).to(x).expand_as(x))
        return model.under(vitrail.rules.Applied(DEEPLIFT, record)).gradient(x, target)


@pytest.mark.parametrize("step", np.geomspace(1e-16, 1e-3, 27))
def test_a_kink_between_near_numbers_is_shared_out_exactly(step):
    x = torch.tensor([[0.3 * step, 1.0]], dtype=F64)
    r = torch.tensor([[-0.7 * step, 1.0]], dtype=F64)
    found = values(Function(lambda x: F.relu(x[:, 0]) / step + x[:, 1]), x, "deeplift", baseline=r[0])
    close(found, torch.tensor([[0.3, 0.0]], dtype=F64), rtol=1e-9, atol=1e-9)


def test_what_does_not_change_has_the_derivative():
    x = torch.tensor([[0.5, 1.0]], dtype=F64)
    found = explained(Function(lambda x: torch.tanh(x[:, 0]) * x[:, 1]), x, Slope(0.5)).values
    middle = np.tanh(0.5)
    close(found, np.array([[0.75 * (1 - middle**2), middle]]))


def test_a_root_of_nothing_has_no_slope_and_is_no_nan():
    x = torch.tensor([[0.0, 4.0]], dtype=F64)
    found = values(Function(lambda x: torch.sqrt(x).sum(1)), x, "deeplift", baseline=0.0)
    close(found, torch.tensor([[0.0, 2.0]], dtype=F64))


# -- two ways for rescale ---------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "silu", "elu", "leaky_relu"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_dense_network_is_a_product_of_matrices(activation, depth):
    """The chain rule written out: W diag(dy / dx) W diag(dy / dx) ... on explicit matrices."""
    f = getattr(F, activation)
    sizes = [5, *[7] * depth, 3]
    weights = [normal(sizes[i + 1], sizes[i], seed=30 + i) for i in range(depth + 1)]
    biases = [normal(n, seed=40 + i) for i, n in enumerate(sizes[1:])]

    def network(x):
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            x = f(x @ w.T + b)
        return (x @ weights[-1].T + biases[-1])[:, 1]

    for x, r in zip(X, R, strict=True):
        chain, now, before = torch.eye(5, dtype=F64), x, r
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            h, h_r = w @ now + b, w @ before + b
            now, before = f(h), f(h_r)
            chain = torch.diag((now - before) / (h - h_r)) @ w @ chain
        expected = (weights[-1] @ chain)[1] * (x - r)
        close(values(Function(network), x[None], "deeplift", baseline=r)[0], expected, rtol=1e-8, atol=1e-11)


def test_a_linear_network_gives_weight_times_change():
    weight = normal(5, seed=9)
    for f in (lambda x: x @ weight + 3, lambda x: F.linear(x, weight[None], normal(1))[:, 0]):
        close(lifted(f)[0], weight * (X - R))


# -- functions of several numbers -------------------------------------------------------------------------

A, B, C = mixed(seed=51), mixed(seed=52), mixed(seed=53)


def a_and_b(x):
    return x @ A.T, x @ B.T + 0.5


SEVERAL = {
    "mul": lambda x: (x @ A.T) * (x @ B.T + 0.5),
    "square by mul": lambda x: (lambda h: h * h)(x @ A.T + 0.3),
    "div": lambda x: (x @ A.T) / (1 + (x @ B.T) ** 2),
    "div by itself": lambda x: (lambda h: h / h * (x @ A.T))(1 + (x @ B.T) ** 2),
    "one over": lambda x: 1 / (1 + (x @ B.T) ** 2),
    "constant over": lambda x: torch.div(normal(8), 1 + (x @ B.T) ** 2),
    "in-place div": lambda x: (x @ A.T).div_(1 + (x @ B.T) ** 2),
    "broadcast mul": lambda x: (x @ A.T) * x[:, :1],
    "broadcast div": lambda x: (x @ A.T) / (1 + x[:, :1] ** 2),
    "matmul": lambda x: (torch.stack(a_and_b(x), 1) @ torch.stack([x @ C.T, x @ A.T], 2)).flatten(1),
    "einsum of two": lambda x: torch.einsum("bi,bj->bij", *a_and_b(x)).flatten(1),
    "einsum of three": lambda x: torch.einsum("bi,bi,bi->bi", x @ A.T, x @ B.T, x @ C.T),
    "einsum of four": lambda x: torch.einsum("bi,bi,bi,bj->bi", x @ A.T, x @ B.T, x @ C.T, x),
    "einsum of one thrice": lambda x: (lambda h: torch.einsum("bi,bi,bi->bi", h, h, h))(x @ A.T),
    "weights from x": lambda x: F.linear(x[:1], torch.tanh(x[:1]).T * x[:1]),
    "convolved with itself": lambda x: F.conv1d(x[:1, None], torch.tanh(x[:1, None, :2]), x[0, :1])[:, 0],
    "addmm": lambda x: torch.addmm(x[:1, :1], x[:1].T * 0.3, torch.tanh(x[:1])).flatten()[None],
    "lerp": lambda x: torch.lerp(x @ A.T, x @ B.T, torch.sigmoid(x @ C.T)),
    "prod": lambda x: (x.unsqueeze(2) * C.T[None, :, :3]).prod(1),
    "glu": lambda x: F.glu(x @ A.T),
    "maximum": lambda x: torch.maximum(*a_and_b(x)),
    "minimum": lambda x: torch.minimum(*a_and_b(x)),
    "maximum with a constant": lambda x: torch.maximum(x @ A.T, torch.tensor(0.2, dtype=F64)),
    "max of two": lambda x: torch.max(*a_and_b(x)),
    "amax": lambda x: (x @ A.T).amax(1, keepdim=True),
    "amin": lambda x: (x @ A.T).amin(1, keepdim=True),
    "max with places": lambda x: (x @ A.T).max(1, keepdim=True)[0],
    "min with places": lambda x: torch.min(x @ A.T, 1, keepdim=True).values,
    "max_pool1d": lambda x: F.max_pool1d((x @ A.T)[:, None], 3, 2, 1)[:, 0],
    "max_pool2d": lambda x: F.max_pool2d((x @ A.T).reshape(-1, 1, 2, 4), 2, 1, 1).flatten(1),
    "max_pool3d": lambda x: F.max_pool3d((x @ A.T).reshape(-1, 1, 2, 2, 2), 2, 1, 1).flatten(1),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d((x @ A.T)[:, None], 3)[:, 0],
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d((x @ A.T).reshape(-1, 1, 2, 4), (1, 3)).flatten(1),
    "adaptive_max_pool3d": lambda x: F.adaptive_max_pool3d((x @ A.T).reshape(-1, 1, 2, 2, 2), (1, 2, 1)).flatten(1),
    "softmax": lambda x: torch.softmax(x @ A.T, 1) * normal(8),
    "softmin": lambda x: F.softmin(x @ A.T, dim=1) * normal(8),
    "method softmax": lambda x: (x @ A.T).softmax(-1) * normal(8),
    "log_softmax": lambda x: F.log_softmax(x @ A.T, 1) * normal(8),
    "logsumexp": lambda x: torch.logsumexp(x @ A.T, 1, keepdim=True),
    "logsumexp of two axes": lambda x: torch.logsumexp((x @ A.T).reshape(-1, 2, 4), (1, -1))[:, None],
    "logsumexp, dim in words": lambda x: (x @ A.T).reshape(-1, 2, 4).logsumexp(dim=1),
    "layer_norm": lambda x: F.layer_norm(x @ A.T, (8,), normal(8), normal(8)) * normal(8, seed=1),
    "rms_norm": lambda x: F.rms_norm(x @ A.T, (8,), normal(8)),
    "group_norm": lambda x: F.group_norm(x @ A.T, 2) * normal(8),
    "instance_norm": lambda x: F.instance_norm((x @ A.T).reshape(-1, 2, 4)).flatten(1) * normal(8),
    "normalize": lambda x: F.normalize(x @ A.T),
    "local_response_norm": lambda x: F.local_response_norm((x @ A.T).reshape(-1, 4, 2), 3, 2.0).flatten(1),
    "cumsum": lambda x: (x @ A.T).cumsum(1),
    "interpolate": lambda x: F.interpolate((x @ A.T)[:, None], 13, mode="linear")[:, 0],
    "where": lambda x: torch.where(torch.arange(8) % 2 == 0, torch.tanh(x @ A.T), x @ B.T),
    "masked_fill": lambda x: torch.tanh(x @ A.T).masked_fill(torch.arange(8) > 3, 2.0),
    "gather": lambda x: torch.tanh(x @ A.T).gather(1, torch.tensor([[0, 3, 3]]).expand(len(x), -1)),
    "indexed": lambda x: torch.tanh(x @ A.T)[:, torch.tensor([1, 1, 4])],
    "written into": lambda x: written_into(torch.tanh(x @ A.T), x),
    "collected": lambda x: written_into(torch.full((len(x), 8), torch.nan, dtype=F64), x),
    "in place": lambda x: (x @ A.T).relu_().mul_(2).add_(1).tanh_(),
    "sub from": lambda x: 1 - torch.tanh(x @ A.T) - (x @ B.T).neg(),
}


def written_into(made, x):
    made[:, :4] = torch.sigmoid(x @ B[:4].T)
    made[:, 4:] = made[:, :4] * 2
    return made


@pytest.mark.parametrize("name", SEVERAL)
def test_functions_of_several_numbers(name):
    f, weight = SEVERAL[name], torch.linspace(1, 2, 64, dtype=F64)
    assert_shared_out(lambda x: (lambda y: y @ weight[: y.shape[1]])(f(x)))


def test_every_operation_in_the_table_is_tried():
    """What the table names is a linear operation or stands in one of the lists above."""
    assert {*"max min amax amin maximum minimum".split(), *(n for n in SEVERAL if "max_pool" in n)} >= LARGEST
    assert set(DEEPLIFT.rules) >= NORMS


def test_a_product_gives_each_factor_half_of_what_both_change_together():
    x, r = torch.tensor([[3.0, 5.0]], dtype=F64), torch.tensor([1.0, 2.0], dtype=F64)
    found = values(Function(lambda x: x[:, 0] * x[:, 1]), x, "deeplift", baseline=r)
    close(found, torch.tensor([[2 * 3.5, 3 * 2.0]], dtype=F64))
    square = values(Function(lambda x: x[:, 0] * x[:, 0] + 0 * x[:, 1]), x, "deeplift", baseline=r)
    close(square, torch.tensor([[8.0, 0.0]], dtype=F64))


def test_a_quotient_is_a_product_with_the_inverse():
    x, r = torch.tensor([[3.0, 4.0]], dtype=F64), torch.tensor([1.0, 2.0], dtype=F64)
    found = values(Function(lambda x: x[:, 0] / x[:, 1]), x, "deeplift", baseline=r)
    same = values(Function(lambda x: x[:, 0] * torch.reciprocal(x[:, 1])), x, "deeplift", baseline=r)
    close(found, torch.tensor([[2 * 0.375, -0.25 * 2.0]], dtype=F64))
    close(same, found)


@pytest.mark.parametrize(
    ("f", "least"),
    [
        (lambda x: x.amax(1), lambda x: x.amin(1)),
        (lambda x: x.max(1).values, lambda x: x.min(1).values),
        (lambda x: F.max_pool1d(x, 4)[:, 0], lambda x: -F.max_pool1d(-x, 4)[:, 0]),
    ],
)
def test_a_rise_goes_to_the_winner_and_a_fall_to_who_has_lost(f, least):
    r = torch.tensor([1.0, 3.0, 0.0, 2.0], dtype=F64)
    x = torch.tensor([[1.0, 2.0, 7.0, 2.0], [1.0, 0.5, 0.0, 2.5], [3.0, 3.0, 1.0, 1.0]], dtype=F64)
    expected = torch.tensor([[0.0, 0.0, 4.0, 0.0], [0.0, -0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], dtype=F64)
    close(values(Function(f), x, "deeplift", baseline=r), expected)
    close(values(Function(least), -x, "deeplift", baseline=-r), -expected)


def test_those_who_win_together_share():
    x = torch.tensor([[2.0, 2.0, 0.0]], dtype=F64)
    close(values(Function(lambda x: x.amax(1)), x, "deeplift"), torch.tensor([[1.0, 1.0, 0.0]], dtype=F64))


# -- softmax ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [1.0, 30.0, 200.0, 1000.0])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("f", [torch.softmax, torch.log_softmax], ids=["softmax", "log_softmax"])
def test_softmax_far_apart_loses_nothing(f, dtype, far):
    x = torch.tensor([[0.0, far, -far], [far, 0.0, 1.0]], dtype=dtype)
    r = torch.tensor([[far, 1.0, 0.0], [-far, -far, 0.0]], dtype=dtype)
    weight = torch.tensor([1.0, 2.0, 4.0], dtype=dtype)
    found, change = lifted(lambda x: f(x, 1) @ weight, x, r)
    assert change.abs().min() > 0.04
    close(found.sum(1), change, rtol=1e-5 if dtype == torch.float32 else 1e-12, atol=0)


@pytest.mark.filterwarnings("ignore:Implicit dimension")
def test_steps_take_the_arguments_that_torch_takes():
    x = normal(3, 4, 5).float()
    for name, function in (("softmax", F.softmax), ("log_softmax", F.log_softmax), ("softmin", F.softmin)):
        for some in (x, x[0], x[0, 0], x[None]):
            close(STEPS[name](some, None, 3, None), function(some))
        close(STEPS[name](x, -1, dtype=F64), function(x, -1, dtype=F64))
    close(STEPS["softmax"](x, 1, F64), torch.softmax(x, 1, F64))
    for size in (2, 3):
        close(STEPS["local_response_norm"](x, size, 2.0, 0.5, 2.0), F.local_response_norm(x, size, 2.0, 0.5, 2.0))


def test_logsumexp_far_below_is_its_winner():
    x, r = torch.tensor([[0.0, -500.0]]), torch.tensor([-300.0, -500.0])
    close(values(Function(lambda x: torch.logsumexp(x, 1)), x, "deeplift", baseline=r), torch.tensor([[300.0, 0.0]]))


def test_fading():
    d = torch.tensor([0.0, 1e-12, -1e-12, 1.0, -1.0, 700.0, torch.inf, torch.nan], dtype=F64)
    close(fading(d), torch.tensor([1.0, 1.0, 1.0, *[1 - np.exp(-1)] * 2, 1 / 700, 0.0, 1.0], dtype=F64))
    close(over(torch.tensor([1.0, 0.0, 3.0]), torch.tensor([2.0, 0.0, 0.0])), torch.tensor([0.5, 0.0, 0.0]))


def test_masks_of_minus_infinity_are_no_nan():
    hidden = torch.tensor([0.0, -torch.inf, 0.0, -torch.inf, 0, 0, 0, 0], dtype=F64)
    for f in (
        lambda x: torch.softmax(x @ A.T + hidden, 1) @ normal(8),
        lambda x: torch.softmax((x @ A.T).masked_fill(hidden < 0, -torch.inf), 1) @ normal(8),
        lambda x: torch.logsumexp(x @ A.T + hidden, 1),
        lambda x: torch.exp(x @ A.T + hidden) @ normal(8),
    ):
        assert_shared_out(f)


# -- attention --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["eager", "rope", "sdpa", "einsum", "side by side"])
def test_attention_by_hand(way):
    net = seeded(Glimpse(way=way), 3)
    x = normal(3, 2, 8, 6, seed=13)
    found = assert_shared_out(net, x, normal(3, 2, 8, 6, seed=14))
    if way not in ("rope", "eager"):
        close(found, lifted(seeded(Glimpse(way="eager"), 3), x, normal(3, 2, 8, 6, seed=14))[0])


class Fused(nn.Module):
    """nn.MultiheadAttention, the batch first or second, with masks."""

    def __init__(self, batch_first=True, mask=False, units=8):
        super().__init__()
        self.look = nn.MultiheadAttention(units, 2, batch_first=batch_first)
        self.batch_first, self.mask = batch_first, mask
        self.head = nn.Linear(units, 2)

    def forward(self, x):
        x = x if self.batch_first else x.transpose(0, 1)
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if self.mask else None
        made, _ = self.look(x, x, x, attn_mask=mask)
        return self.head((made if self.batch_first else made.transpose(0, 1)).mean(1))


@pytest.mark.parametrize("mask", [False, True])
def test_fused_attention(mask):
    x, r = normal(3, 4, 8, seed=61), normal(3, 4, 8, seed=62)
    found = assert_shared_out(seeded(Fused(mask=mask), 2), x, r)
    if not mask:
        close(lifted(seeded(Fused(batch_first=False), 2), x, r)[0], found)


class Encoder(nn.Module):
    """nn.TransformerEncoder; with the batch second, examples stand along another axis inside."""

    def __init__(self, batch_first):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.batch_first, self.head = batch_first, nn.Linear(8, 2)

    def forward(self, x):
        made = self.encoder(x) if self.batch_first else self.encoder(x.transpose(0, 1)).transpose(0, 1)
        return self.head(made[:, 0])


def test_the_batch_may_stand_second():
    x, r = normal(3, 4, 8, seed=61), normal(3, 4, 8, seed=62)
    found = assert_shared_out(seeded(Encoder(True), 2), x, r)
    second = seeded(Encoder(False), 2)
    close(lifted(second, x, r)[0], found)
    close(
        values(second, x, "deeplift", 0, baseline=r[0]),
        values(seeded(Encoder(True), 2), x, "deeplift", 0, baseline=r[0]),
    )


# -- the same network in other words ----------------------------------------------------------------------


def test_a_float32_network_is_shared_out_to_rounding():
    net = rectified().float()
    found = explained(net, X.float(), "deeplift", 1, baseline=0.1)
    assert found.checks["completeness_gap_relative"].max() < 1e-5


def test_in_keras_batch_norm_behind_pictures():
    keras = on_torch()
    net = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.Conv2D(4, 3, name="one"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Activation("relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    net.get_layer("norm").set_weights(
        [np.array(n, "float32") for n in ([1, -2, 1, 0.5], [0, 1, 0, 0.2], [0.1] * 4, [0.7] * 4)]
    )
    answer = vitrail.explain(vitrail.open(net), normal(2, 6, 6, 2, seed=3).float(), "deeplift", 1, baseline=0.2)
    assert answer.checks["completeness_gap_relative"].max() < 1e-4


def test_in_keras_attention():
    keras = on_torch()
    tokens = keras.Input((4, 8))
    made = keras.layers.MultiHeadAttention(2, 4)(tokens, tokens)
    made = keras.layers.LayerNormalization()(keras.layers.Add()([tokens, made]))
    net = keras.Model(tokens, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(made)))
    answer = vitrail.explain(vitrail.open(net), normal(2, 4, 8, seed=3).float(), "deeplift", 1, baseline=0.3)
    assert answer.checks["completeness_gap_relative"].max() < 1e-3
    assert np.abs(answer.values).max() > 1e-3


# -- what is refused --------------------------------------------------------------------------------------


class Halved(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.one, self.two, self.kind = nn.Linear(5, 8), nn.Linear(8, 2), kind

    def forward(self, x):
        return self.two(torch.tanh(self.one(x).to(self.kind)).double())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(kind):
    with pytest.raises(BadInput, match=str(kind).removeprefix("torch.")):
        explained(seeded(Halved(kind)), X, "deeplift")


@pytest.mark.parametrize(
    "f", [lambda x: x.cumprod(1), lambda x: torch.special.i0(x), lambda x: x.median(1).values[:, None]]
)
def test_an_operation_without_a_rule_is_refused(f):
    with pytest.raises(NoRule, match="DeepLIFT has no rule for .*integrated-gradients"):
        explained(Function(lambda x: f(x).sum(1)), X, "deeplift")


REFUSED = {
    "two that depend on x": (lambda x: (x[:, :2].abs() + 1) ** x[:, 2:4], "pow .* reads 2 tensors"),
    "clamp between what depends on x": (lambda x: torch.clamp(x, min=x[:, :1]), "clamp .* reads 2 tensors"),
    "a rounded quotient": (lambda x: torch.div(x, 1 + x**2, rounding_mode="floor"), "rounds its result"),
    "a long product": (lambda x: x.repeat(1, 7).prod(1, keepdim=True), "multiplies 35 numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shared_out_is_refused(name):
    f, said = REFUSED[name]
    with pytest.raises(BadInput, match=said):
        explained(Function(lambda x: f(x).sum(1)), X, "deeplift", baseline=0.3)


@pytest.mark.parametrize("f", [lambda x: x.sort(1).values, lambda x: x.topk(3, 1).values], ids=["sort", "topk"])
def test_another_order_is_refused_and_the_same_is_not(f):
    weight = torch.tensor([3.0, 2.0, 1.0, 0.5, 0.2], dtype=F64)
    net = Function(lambda x: (lambda y: y @ weight[: y.shape[1]])(f(x)))
    x = torch.tensor([[5.0, 1.0, 4.0, 2.0, 3.0]], dtype=F64)
    same, other = x[0] ** 2, x[0].flip(0)
    close(values(net, x, "deeplift", baseline=same).sum(1), (net(x) - net(same[None]))[:, 0])
    with pytest.raises(BadInput, match="another order"):
        explained(net, x, "deeplift", baseline=other)


def test_a_reference_on_which_the_network_fails_is_refused():
    net = Function(lambda x: torch.log(x).sum(1))
    with pytest.raises(NetworkFailed, match="NaN at the baseline"):
        explained(net, X.abs() + 1, "deeplift", baseline=-1.0)


@pytest.mark.parametrize("activation", [torch.relu, nn.ReLU6(), lambda h: h.clamp(-0.2, 0.3)])
def test_where_x_is_the_reference_a_cut_has_its_own_slope(activation):
    """The same unit for two inputs, of which one is at the reference: it adds nothing, and spoils nothing."""

    class Units(nn.Module):
        def forward(self, x):
            return (activation(x) * activation(x + 0.1)).sum(1, keepdim=True)

    x, reference = torch.tensor([[0.2, 0.7]], dtype=torch.float64), torch.tensor([0.2, -0.4], dtype=torch.float64)
    answer = vitrail.explain(vitrail.open(Units()), x, "deeplift", 0, baseline=reference)
    assert answer.values[0, 0] == 0
    assert abs(answer.values[0, 1]) > 0.01
    assert answer.checks["completeness_gap"].item() < 1e-12
