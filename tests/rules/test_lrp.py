"""Every rule against its twin on matrices, and against the laws that hold between rules."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import matrices
import vitrail
from known import Function, normal, seeded
from matrices import everywhere, handed_back, matrix, twin
from vitrail import rules
from vitrail.errors import NoRule

close = torch.testing.assert_close

#: rule, its twin
SIGNED = {
    "lrp-0": (rules.epsilon(0.0), matrices.lrp_0),
    "epsilon": (rules.epsilon(0.25), matrices.epsilon(0.25)),
    "gamma": (rules.gamma(0.5, 0.0), matrices.signed_gamma(0.5)),
    "alpha 2 beta 1": (rules.alpha_beta(2, 1), matrices.alpha_beta(2, 1)),
    "alpha 1 beta 0": (rules.alpha_beta(1, 0), matrices.alpha_beta(1, 0)),
    "z+": (rules.z_plus, matrices.z_plus),
    "flat": (rules.flat, matrices.flat),
    "w-square": (rules.w_square, matrices.w_square),
    "z-B": (rules.z_box(), matrices.z_box(None, None)),
    "z-B, given": (rules.z_box(-5.0, 6.0), matrices.z_box(-5.0, 6.0)),
}
POSITIVE = SIGNED | {"gamma": (rules.gamma(0.5, 0.0), matrices.gamma(0.5))}

YES_NO = (False, True)
CONVOLUTIONS = [nn.Conv1d, nn.Conv2d]
TRANSPOSED = [nn.ConvTranspose1d, nn.ConvTranspose2d]


def convolutions():
    """(name, layer, shape of x) over stride, padding, dilation, groups, bias and number of axes."""
    for kind, stride, padding, dilation, groups, bias in product(CONVOLUTIONS, (1, 2), (0, 1), (1, 2), (1, 2), YES_NO):
        axes = 1 if kind is nn.Conv1d else 2
        kernel = 2 if axes == 2 else 3
        layer = kind(4, 2, kernel, stride, padding, dilation, groups, bias)
        yield f"conv{axes}d {stride=} {padding=} {dilation=} {groups=} {bias=}", layer, (4, *(5, 4)[:axes])
    for kind, stride, padding, groups, bias in product(TRANSPOSED, (1, 2), (0, 1), (1, 2), YES_NO):
        axes = 1 if kind is nn.ConvTranspose1d else 2
        layer = kind(4, 2, 3 if axes == 1 else 2, stride, padding, stride - 1, groups, bias)
        yield f"transposed{axes}d {stride=} {padding=} {groups=} {bias=}", layer, (4, *(3, 3)[:axes])
    for kind, stride, groups in product([nn.Conv3d, nn.ConvTranspose3d], (1, 2), (1, 2)):
        yield f"{kind.__name__} {stride=} {groups=}", kind(2, 2, 2, stride, groups=groups), (2, 2, 3, 2)
    yield "same", nn.Conv2d(2, 3, 3, padding="same", dilation=2), (2, 3, 4)
    yield "depthwise", nn.Conv2d(3, 6, 2, groups=3), (3, 3, 4)


def products():
    """Linear layers and products with a constant on either side, by any name."""
    w, cube, bias = normal(4, 3, seed=2), normal(1, 4, 3, seed=3), normal(3, seed=4)
    for axes, given in product((1, 2), YES_NO):
        yield f"linear {axes=} bias={given}", nn.Linear(4, 3, bias=given), (2, 4)[-axes:]
    named = {
        "x @ w": (lambda x: x @ w, (4,)),
        "x @ w with more axes": (lambda x: torch.matmul(x, w), (2, 4)),
        "x @ v": (lambda x: x @ w[:, :1].flatten()[:, None] if x.ndim < 3 else x @ w[:, 0], (4,)),
        "x @ v with more axes": (lambda x: x @ w[:, 0], (2, 4)),
        "w @ x": (lambda x: w.T @ x, (4, 2)),
        "mm": (lambda x: torch.mm(x, w), (4,)),
        "bmm": (lambda x: torch.bmm(x, cube), (2, 4)),
        "rmatmul": (lambda x: x.__rmatmul__(w.T), (4, 2)),
        "rmatmul, scaled": (lambda x: x.__rmatmul__(w.T) * bias[:, None] - 0.3, (4, 2)),
        "linear by keyword": (lambda x: F.linear(input=x, weight=w.T, bias=bias), (4,)),
        "x @ w + b": (lambda x: x @ w + bias, (4,)),
        "b + w @ x": (lambda x: bias[:, None] + w.T @ x, (4, 2)),
        "b - x @ w": (lambda x: bias - x @ w, (4,)),
        "addmm": (lambda x: torch.addmm(bias, x, w), (4,)),
        "baddbmm": (lambda x: torch.baddbmm(bias, x, cube), (2, 4)),
        "einsum": (lambda x: torch.einsum("bi,ij->bj", x, w), (4,)),
        "einsum, w first": (lambda x: torch.einsum("ij,bi->bj", w, x), (4,)),
        "einsum over two axes": (lambda x: torch.einsum("bij,ijk->bk", x, w.reshape(2, 2, 3)), (2, 2)),
        "einsum to two axes": (lambda x: torch.einsum("bi,ijk->bjk", x, w.reshape(4, 3, 1)), (4,)),
        "einsum with dots": (lambda x: torch.einsum("...i,ij->...j", x, w), (2, 4)),
        "einsum on a list": (lambda x: torch.einsum("bi,ij->bj", [x, w]), (4,)),
        "einsum, scaled": (
            lambda x: torch.einsum("bi,jik->bkj", x, w.reshape(3, 4, 1)) * bias - 0.3,
            (4,),
        ),
        "einsum, two axes scaled": (
            lambda x: torch.einsum("bi,jik->bkj", x, normal(2, 4, 3, seed=8)) * normal(3, 2, seed=9),
            (4,),
        ),
    }
    for name, (function, shape) in named.items():
        yield name, Applies(function), shape


class Applies(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Permuted(nn.Module):
    """A layer, a permutation of axes, and another layer behind it."""

    def __init__(self, layer, behind, *axes):
        super().__init__()
        self.layer, self.behind, self.axes = layer, behind, axes

    def forward(self, x):
        return self.behind(self.layer(x).permute(*self.axes))


def scaled_in_place(layer, scale, shift):
    """As Keras writes batch norm: over what the layer gave."""

    def forward(x):
        h = layer(x)
        h.sub_(shift).mul_(scale)
        h += shift
        return h

    return forward


def constants_behind():
    """Layers with batch norm, or other constants, behind them."""
    for groups, bias, affine in product((1, 2), YES_NO, YES_NO):
        name = f"{groups=} {bias=} {affine=}"
        wide, deep = nn.BatchNorm2d(4, affine=affine), nn.BatchNorm1d(4, affine=affine)
        yield f"conv2d, bn {name}", nn.Sequential(nn.Conv2d(4, 4, 2, groups=groups, bias=bias), wide), (4, 3, 3)
        up = nn.ConvTranspose1d(4, 4, 2, 2, groups=groups, bias=bias)
        yield f"transposed, bn {name}", nn.Sequential(up, deep), (4, 3)
    yield "linear, bn", nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)), (4,)
    yield "linear, bn, bn", nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.BatchNorm1d(3)), (4,)
    yield "conv3d, bn", nn.Sequential(nn.Conv3d(2, 2, 2), nn.BatchNorm3d(2)), (2, 2, 3, 2)
    yield "linear, moved, bn", Permuted(nn.Linear(4, 3), nn.BatchNorm1d(3), 0, 2, 1), (2, 4)
    yield (
        "conv, moved, scaled",
        Permuted(nn.Conv2d(2, 3, 2), Applies(lambda h: h * normal(3) + 1), 0, 2, 3, 1),
        (2, 3, 3),
    )
    layer = seeded(nn.Conv2d(2, 3, 2), 5)
    scale, shift = normal(3, 1, 1, seed=6), normal(3, 1, 1, seed=7)
    yield "in place", Applies(scaled_in_place(layer, scale, shift)), (2, 3, 3)
    yield "divided", Applies(lambda x: (layer(x) - shift) / scale), (2, 3, 3)
    yield "turned", Applies(lambda x: 2 - layer(x)), (2, 3, 3)
    yield "batch_norm itself", Applies(
        lambda x: torch.batch_norm(layer(x), *four(3), False, 0.1, 1e-5, False)
    ), (2, 3, 3)  # fmt: skip


def four(n):
    """Weight, bias, mean and variance of a batch norm."""
    return normal(n, seed=31), normal(n, seed=32), normal(n, seed=33), normal(n, seed=34).abs() + 0.1


def with_statistics(net):
    """Batch norms as if they had been trained: means that are not 0, scales of both signs."""
    for i, part in enumerate(net.modules()):
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean, part.running_var = normal(part.num_features, seed=40 + i), four(part.num_features)[3]
            if part.affine:
                part.weight.data = normal(part.num_features, seed=50 + i)
    return net


CASES = [*convolutions(), *products(), *constants_behind()]


def test_there_are_enough_cases():
    assert len(CASES) >= 120
    assert len({name for name, _, _ in CASES}) == len(CASES)


@pytest.mark.parametrize("sign", ["signed", "positive"])
@pytest.mark.parametrize(("layer", "shape"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_rule_is_its_twin(layer, shape, sign):
    layer = with_statistics(seeded(layer, 7))
    x = normal(1, *shape, seed=8)
    x.flatten()[0] = 0.0
    x = x if sign == "signed" else x.abs()
    w, b = matrix(layer, x)
    with torch.no_grad():
        y = layer(x.clone())
    relevance = normal(*y.shape, seed=9) * (y != 0)
    model = vitrail.open(layer)
    for name, (rule, share) in (SIGNED if sign == "signed" else POSITIVE).items():
        wanted = relevance * (y > 0) if name == "gamma" and sign == "positive" else relevance
        expected = twin(x.flatten(), w, b, wanted.flatten(), share)
        assert name.startswith("gamma") or expected.abs().max() > 1e-3
        found = handed_back(model, x, wanted, everywhere(rule)).flatten()
        close(found, expected, msg=lambda m: f"{name}: {m}")  # noqa: B023  it is called at once


# -- laws between rules ------------------------------------------------------------------------------------


def rectified(bias=False, seed=1):
    """Two convolutions and a dense layer: what comes behind a ReLU is not negative."""
    layers = [nn.Conv2d(2, 6, 3, bias=bias), nn.ReLU(), nn.Conv2d(6, 5, 2, bias=bias), nn.ReLU()]
    return seeded(nn.Sequential(*layers, nn.Flatten(), nn.Linear(20, 3, bias=bias)), seed)


def asked(net, x, rule, **more):
    return handed_back(net, x, torch.ones(len(x), 3).double(), everywhere(rule, relu=rules.through, **more))


@pytest.fixture
def x():
    return normal(4, 2, 5, 5, seed=2).abs()


@pytest.mark.parametrize(
    "rule",
    [rules.epsilon(0.0), rules.epsilon(1e-12), rules.z_plus, rules.gamma(0.3, 0.0), rules.flat, rules.w_square]
    + [rules.z_box(), rules.alpha_beta(1, 0)],
)
def test_without_biases_nothing_is_lost(rule, x):
    close(asked(rectified(), x, rule).flatten(1).sum(1), torch.full((4,), 3.0).double(), rtol=1e-6, atol=0)


def test_where_both_signs_meet_alpha_beta_loses_nothing():
    layer = seeded(nn.Linear(12, 5, bias=False), 3)
    x, relevance = normal(3, 12, seed=4), normal(3, 5, seed=5)
    for alpha in (1.5, 2, 3):
        found = handed_back(layer, x, relevance, everywhere(rules.alpha_beta(alpha, alpha - 1)))
        close(found.sum(1), relevance.sum(1))


def test_with_a_bias_what_is_lost_is_its_share():
    layer = seeded(nn.Linear(6, 4), 3)
    x, relevance = normal(3, 6, seed=4), normal(3, 4, seed=5)
    with torch.no_grad():
        kept = relevance * (1 - layer.bias / layer(x))
    assert (relevance - kept).abs().max() > 0.1
    close(handed_back(layer, x, relevance, everywhere(rules.epsilon(0.0))).sum(1), kept.sum(1))


def test_gamma_goes_from_lrp_0_to_z_plus(x):
    """Where outputs are positive, as behind a ReLU; where one is negative, its negative contributions are favoured."""
    layer = seeded(nn.Conv2d(2, 6, 3), 1)
    with torch.no_grad():
        y = layer(x)
    relevance = normal(*y.shape, seed=3) * (y > 0)

    def asked(rule):
        return handed_back(layer, x, relevance, everywhere(rule))

    least, middle, most = (asked(rules.gamma(by, 0.0)) for by in (0.0, 0.5, 1e9))
    plus = asked(rules.z_plus)
    close(least, asked(rules.epsilon(0.0)))
    close(most, plus, rtol=1e-6, atol=1e-7)
    assert (middle - least).abs().max() > 1e-2
    assert (middle - plus).abs().max() > 1e-2


def test_alpha_1_beta_0_is_z_plus(x):
    net = rectified(bias=True)
    signed = x - 0.7
    close(asked(net, signed, rules.alpha_beta(1, 0)), asked(net, signed, rules.z_plus))
    assert (asked(net, signed, rules.alpha_beta(2, 1)) - asked(net, signed, rules.z_plus)).abs().max() > 1e-2


def test_a_larger_epsilon_keeps_less(x):
    kept = [asked(rectified(), x, rules.epsilon(by)).flatten(1).sum(1) for by in (1e-9, 0.1, 1.0)]
    assert (kept[0] > kept[1]).all()
    assert (kept[1] > kept[2]).all()


def test_a_sum_of_zero_counts_as_positive():
    close(rules.lrp.nudge(torch.tensor([-2.0, 0.0, 3.0]), 0.5), torch.tensor([-2.5, 0.5, 3.5]))
    close(rules.lrp.shared(torch.tensor([4.0, 4.0]), torch.tensor([0.0, 2.0])), torch.tensor([0.0, 2.0]))


# -- what is not linear ------------------------------------------------------------------------------------


def test_a_product_gives_half_to_each_in_proportion_to_what_they_give():
    """y = (x_0 + x_1) x_2 at (3, 1, 2): y = 8; 4 to x_2, 4 to the sum, of which x_0 gets 3 and x_1 gets 1."""
    net = Function(lambda x: (x[:, 0] + x[:, 1]) * x[:, 2])
    table = rules.preset("epsilon", 0.0)
    found = handed_back(net, torch.tensor([[3.0, 1.0, 2.0]]).double(), torch.tensor([[8.0]]).double(), table)
    close(found, torch.tensor([[3.0, 1.0, 4.0]]).double())


def test_a_square_by_itself_is_a_product_and_loses_nothing():
    found = handed_back(
        Function(lambda x: (x * x).sum(1)), normal(2, 3), torch.ones(2, 1).double(), rules.preset("epsilon", 0.0)
    )
    close(found, normal(2, 3) ** 2 / (normal(2, 3) ** 2).sum(1, keepdim=True))


def test_the_largest_takes_all():
    """max(2, 5) + max(1, 4, 3) by sums: R = 9, 5 to the second and 4 to the fourth."""
    net = Function(lambda x: x[:, :2].amax(1) + F.max_pool1d(x[:, None, 2:], 3).flatten())
    x = torch.tensor([[2.0, 5.0, 1.0, 4.0, 3.0]]).double()
    found = handed_back(net, x, torch.tensor([[9.0]]).double(), rules.preset("epsilon", 0.0))
    close(found, torch.tensor([[0.0, 5.0, 0.0, 4.0, 0.0]]).double())


def test_activations_and_scales_hand_on_unchanged():
    net = Function(lambda x: (torch.tanh(F.silu(x * 3) + 0) / 2).sum(1))
    x = normal(2, 4, seed=3)
    with torch.no_grad():
        parts = torch.tanh(F.silu(x * 3))
    found = handed_back(net, x, torch.ones(2, 1).double(), rules.preset("epsilon", 0.0))
    close(found, parts / parts.sum(1, keepdim=True))


def test_behind_a_norm_the_spread_counts_as_a_constant():
    """For y_k = sum_j (delta_jk - 1/n) x_j / s, s a constant, shares go by x_j (delta_jk - 1/n)."""
    x, r = normal(1, 5, seed=6), normal(1, 5, seed=7)
    net = Function(lambda x: F.layer_norm(x, (5,)).sum(1))
    net.forward = lambda x: F.layer_norm(x, (5,))
    w = torch.eye(5).double() - 0.2
    expected = twin(x[0], w, torch.zeros(5).double(), r[0], matrices.lrp_0)
    table = rules.Table("test", {"layer_norm": rules.norm(0.0)})
    close(handed_back(net, x, r, table)[0], expected, rtol=1e-4, atol=1e-4)


# -- what a rule cannot do ---------------------------------------------------------------------------------


def test_without_one_weight_a_rule_says_what_to_do():
    w = normal(3, 3, seed=1)
    net = Applies(lambda x: torch.einsum("bi,ij,jk->bk", x, w, w))
    with pytest.raises(NoRule, match=r"needs the weights of einsum in the network itself.*rules.epsilon\(\)"):
        handed_back(net, normal(2, 3), normal(2, 3, seed=2), everywhere(rules.z_plus))
    assert handed_back(net, normal(2, 3), normal(2, 3, seed=2), everywhere(rules.epsilon())).abs().max() > 0.01


@pytest.mark.parametrize(("low", "high"), [(0.0, None), (None, 0.5), (-9.0, 0.5), (2.0, 1.0)])
def test_bounds_that_do_not_hold_x_are_refused(low, high):
    with pytest.raises(
        vitrail.VitrailError, match=r"do not hold all of x: the first layer reads values from -2.17879 to 1.541"
    ):
        handed_back(nn.Linear(5, 2).double(), normal(3, 5), normal(3, 2), everywhere(rules.z_box(low, high)))


def test_where_x_is_at_its_bound_z_b_divides_no_dust():
    """A black corner under a positive filter: nothing there, and nothing is handed to it."""
    layer = nn.Conv2d(1, 1, 2, bias=False)
    layer.weight.data = torch.rand(1, 1, 2, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    x = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(1)) - 0.3
    x[..., :4, :4] = -0.3
    found = handed_back(layer, x, torch.ones(1, 1, 5, 5), everywhere(rules.z_box(-0.3, 0.7)))
    close(found[..., :4, :4], torch.zeros(1, 1, 4, 4), rtol=0, atol=0)
    assert found.abs().max() < 10
