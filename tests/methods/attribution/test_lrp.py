"""LRP on whole networks: by pencil, against input times gradient, and written in every way that networks are."""

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import vitrail
from known import Function, explained, normal, picture_nets, seeded, values
from vitrail import rules
from vitrail.errors import BadSetting
from vitrail.methods.settings import as_json, settings_of
from vitrail.model.keras import on_torch

close = torch.testing.assert_close

# -- a skip connection, by pencil --------------------------------------------------------------------------


class Skip(nn.Module):
    """h = relu(A x + (1, 0)), s = h + C h, out = (1, 3) s."""

    def __init__(self):
        super().__init__()
        self.enter, self.inner, self.out = nn.Linear(2, 2), nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)
        weights = [[[1.0, 1.0], [1.0, -1.0]], [1.0, 0.0], [[1.0, 2.0], [-1.0, 4.0]], [[1.0, 3.0]]]
        for parameter, value in zip(self.parameters(), weights, strict=True):
            parameter.data = torch.tensor(value).double()

    def forward(self, x):
        h = self.enter(x).relu()
        return self.out(h + self.inner(h))


def of_everything(rule):
    return rules.preset("epsilon", 0.0) | {"linear": rule}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # At x = (3, 1): h = (3 + 1 + 1, 3 - 1) = (5, 2), C h = (5 + 4, -5 + 8) = (9, 3), s = (14, 5), out = 14 + 15.
        # The sums, always: R_s = (14, 15). To h directly 5/14 * 14 = 5 and 2/5 * 15 = 6, to C h 9 and 9.
        # LRP-0. C: 9 -> (5, 4); 9 -> (-5/3, 8/3) * 9 = (-15, 24). R_h = (5 + 5 - 15, 6 + 4 + 24) = (-5, 34).
        #   A: -5 -> (3, 1, bias 1) / 5 * -5 = (-3, -1); 34 -> (3, -1) / 2 * 34 = (51, -17).
        (rules.epsilon(0.0), [Fraction(48), Fraction(-18)]),
        # z+. C: 9 -> (5, 4); 9 -> (0, 9). R_h = (10, 19). A: 10 -> (6, 2), bias 2; 19 -> (19, 0).
        (rules.z_plus, [Fraction(25), Fraction(2)]),
        # gamma 1/2. C: 9 -> (5, 4); 9 -> (-5, 12) / 7 * 9. R_h = (10 - 45/7, 10 + 108/7) = (25/7, 178/7).
        #   A: 25/7 -> (3, 1) / 5 * 25/7 = (15/7, 5/7); 178/7 -> (9/2, -1) / (7/2) * 178/7 = (1602, -356) / 49.
        (rules.gamma(0.5, 0.0), [Fraction(1707, 49), Fraction(-321, 49)]),
        # flat. Every number reads two: R_s = (29/2, 29/2); to h 5/14 * 29/2 = 145/28 and 2/5 * 29/2 = 29/5, to C h
        #   261/28 and 87/10. R_h = (145/28 + s, 29/5 + s), s = (261/28 + 87/10) / 2. A halves their sum, 29.
        (rules.flat, [Fraction(29, 2), Fraction(29, 2)]),
        # w-square. out: (1, 9) / 10 * 29 = R_s = (2.9, 26.1). To h 5/14 * 2.9 and 2/5 * 26.1, to C h the rest,
        #   f = (9/14 * 2.9, 3/5 * 26.1). C: (1, 4) / 5 and (1, 16) / 17. A halves each, so both get 29/2.
        (rules.w_square, [Fraction(29, 2), Fraction(29, 2)]),
        # alpha 2 beta 1. out: all positive, 2 * (14, 15) = (28, 30). To h 10 and 12, to C h 18 and 18.
        #   C: 18 -> 2 * (10, 8); 18 -> 2 * (0, 18) - (18, 0). R_h = (10 + 20 - 18, 12 + 16 + 36) = (12, 64).
        #   A: 12 -> 2 * (36/5, 12/5); 64 -> 2 * (64, 0) - (0, 64).
        (rules.alpha_beta(2, 1), [Fraction(72, 5) + 128, Fraction(24, 5) - 64]),
    ],
    ids=["lrp-0", "z+", "gamma", "flat", "w-square", "alpha 2 beta 1"],
)
def test_a_skip_connection_by_pencil(rule, expected):
    found = values(Skip(), torch.tensor([[3.0, 1.0]]).double(), "lrp", preset=of_everything(rule))
    close(found[0], torch.tensor([float(share) for share in expected]).double())


def test_the_bias_takes_the_rest():
    """Out of 29, LRP-0 gives 30 to x: the bias takes -5 / 5. z+ gives 27: it takes 10 / 5."""
    x = torch.tensor([[3.0, 1.0]]).double()
    for rule, gap in ((rules.epsilon(0.0), 1.0), (rules.z_plus, 2.0)):
        checks = explained(Skip(), x, "lrp", 0, preset=of_everything(rule)).checks
        np.testing.assert_allclose(checks["conservation_gap"], [gap], rtol=1e-9)
        np.testing.assert_allclose(checks["conservation_gap_relative"], [gap / 29], rtol=1e-9)
        assert "completeness_gap" not in checks


def test_implementation_invariance_is_not_promised():
    """x_0 + x_1 at (1, 1), by z+: (1, 1); written as 3 x_0 + x_1 - 2 x_0 it is (3, 1) / 4 of 2."""
    one, two, three = nn.Linear(2, 1, bias=False), nn.Linear(2, 3, bias=False), nn.Linear(3, 1, bias=False)
    one.weight.data, three.weight.data = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 1.0, -1.0]])
    two.weight.data = torch.tensor([[3.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    x, table = torch.ones(1, 2), of_everything(rules.z_plus)
    close(values(one, x, "lrp", preset=table), torch.tensor([[1.0, 1.0]]))
    close(values(nn.Sequential(two, three), x, "lrp", preset=table), torch.tensor([[1.5, 0.5]]))


# -- input times gradient ----------------------------------------------------------------------------------


def without_biases(net):
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            parameter.data.zero_()
    return net


class Nested(nn.Module):
    """Dense blocks, gates, two branches, pools and ways up again; all homogeneous, ReLUs only."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(n, 4, 3, padding=1) for n in (2, 4, 8))
        self.narrow, self.wide = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        a = F.relu(self.one(x))
        a = F.relu(self.three(torch.cat([a, F.relu(self.two(a))], 1)))  # a dense block
        low, high = F.relu(self.narrow(a)), F.relu(self.wide(a))  # two branches, one of them depthwise
        a = torch.stack([low, high]).sum(0)
        down = F.max_pool2d(a, 2)
        a = F.relu(self.up(down) + a) + F.interpolate(down, scale_factor=2, mode="bilinear", align_corners=False)
        return self.head(F.adaptive_avg_pool2d(F.dropout(a, 0.5, self.training), 1).flatten(1))


def homogeneous():
    zoo = {name: pair for name, pair in picture_nets().items() if name != "flattened"}  # its tanh is not
    return zoo | {"nested": (seeded(Nested(), 6), normal(3, 2, 4, 6, seed=5))}


@pytest.mark.parametrize("name", homogeneous())
def test_without_biases_lrp_0_is_input_times_gradient(name):
    net, x = homogeneous()[name]
    net = without_biases(net)
    found = values(net, x, "lrp", preset="epsilon", epsilon=0.0)
    assert found.abs().max() > 1e-2
    close(found, values(net, x, "input-x-gradient"))


#: z+ hands nothing to a unit without positive contributions, which sums of both signs in "nested" give relevance to
CONSERVING = ["epsilon", "epsilon-gamma-box", "epsilon-plus", "epsilon-plus-flat"]


@pytest.mark.parametrize(
    ("name", "preset"), [(n, p) for n in homogeneous() for p in CONSERVING if (n, p[:9]) != ("nested", "epsilon-p")]
)
def test_without_biases_relevance_adds_up_to_the_target(name, preset):
    net, x = homogeneous()[name]
    answer = explained(without_biases(net), x, "lrp", 1, preset=preset, epsilon=1e-12)
    assert np.abs(answer.checks["target_value"]).max() > 1e-2
    assert answer.checks["conservation_gap"].max() < 1e-8


# -- one network, written in many ways ---------------------------------------------------------------------


class Written(nn.Module):
    """A small residual network with batch norm. `forward` is written by those below, each in its way."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.norm, self.act, self.head = nn.BatchNorm2d(4), nn.ReLU(), nn.Linear(4, 3)
        self.over = nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.act(self.one(x))
        h = self.act(h + self.norm(self.two(h)))
        return self.head(h.mean((2, 3)))


class Functions(Written):
    def forward(self, x):
        h = torch.relu(F.conv2d(x, self.one.weight, self.one.bias, padding=1))
        g = F.conv2d(input=h, weight=self.two.weight, padding="same")
        g = F.batch_norm(g, self.norm.running_mean, self.norm.running_var, self.norm.weight, self.norm.bias)
        h = torch.add(h, g).clamp(min=0)
        return F.linear(F.adaptive_avg_pool2d(h, 1)[:, :, 0, 0], self.head.weight, self.head.bias)


class Overwritten(Written):
    """One ReLU in place, that runs twice; the sum is written over the branch."""

    def forward(self, x):
        h = self.over(self.one(x))
        g = self.norm(self.two(h))
        g += h
        return self.head(self.over(g).mean((2, 3)))


class Discarded(Written):
    """What operations in place return is thrown away; what they wrote over is read again."""

    def forward(self, x):
        h = self.one(x)
        F.relu_(h)
        g = self.norm(self.two(h))
        torch.add(h, g, out=None)
        h.add_(g)
        self.over(h)
        return self.head(h.mean((2, 3)))


class Views(Written):
    """Half of the channels are written through views, by getitem, setitem and chunks."""

    def forward(self, x):
        h = self.one(x)
        h.view(len(x), 4, -1).relu_()
        g = torch.empty_like(h)
        g[:] = self.norm(self.two(h))
        g[:, 0] += h[:, 0]
        g[:, 1:2].add_(h[:, 1:2])
        rest, more = g[:, 2:], h.chunk(2, 1)[1]
        rest += more
        g[:, :2].relu_()
        g[:, 2:] = g[:, 2:].relu()
        a, b = g.split(2, 1)
        return self.head(torch.cat([a, b], 1).flatten(2).mean(2))


class Recomputed(Written):
    def forward(self, x):
        h = self.act(self.one(x))
        branch = checkpoint(lambda h: self.norm(self.two(h)), h, use_reentrant=False)
        with torch.no_grad():
            assert (h.max() * 2).isfinite()  # a look at values, that nothing depends on
        return self.head(self.act(h + branch).mean((2, 3)))


class Steps(Written):
    """Batch norm in steps and in place, as Keras writes it; channels last, and moved back."""

    def forward(self, x):
        h = self.act(self.one(x))
        g = self.two(h).permute(0, 2, 3, 1)
        scale = self.norm.weight * torch.rsqrt(self.norm.running_var + self.norm.eps)
        g = (g - self.norm.running_mean).mul_(scale)
        g += self.norm.bias
        return self.head(self.act(h + g.movedim(-1, 1)).sum((2, 3)) / h.shape[2:].numel())


def written(kind=Written, seed=8):
    net = seeded(kind(), seed)
    net.norm.running_mean, net.norm.running_var = normal(4, seed=1), normal(4, seed=2).abs() + 0.5
    net.norm.weight.data, net.norm.bias.data = normal(4, seed=3), normal(4, seed=4)  # of both signs
    return net


WAYS = [Functions, Overwritten, Discarded, Views, Recomputed, Steps]


@pytest.mark.parametrize("preset", rules.PRESETS)
@pytest.mark.parametrize("kind", WAYS)
def test_however_it_is_written_relevance_is_the_same(kind, preset):
    x = normal(3, 2, 5, 4, seed=9)
    with torch.no_grad():
        close(written(kind)(x.clone()), written()(x))
    expected = values(written(), x, "lrp", 1, preset=preset, epsilon=1e-9)
    assert expected.abs().max() > 1e-2
    close(values(written(kind), x, "lrp", 1, preset=preset, epsilon=1e-9), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("preset", rules.PRESETS)
def test_a_batch_is_one_by_one(preset):
    x, net = normal(3, 2, 5, 4, seed=9), written(Overwritten)
    batch = values(net, x, "lrp", [0, 1, 2], preset=preset)
    for i in range(3):
        close(values(net, x[i : i + 1], "lrp", i, preset=preset)[0], batch[i])


def in_keras():
    """The network of `written`, in Keras: channels last, batch norm in place."""
    keras = on_torch()
    layers = keras.layers
    start = keras.Input((5, 4, 2))
    h = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
    g = layers.BatchNormalization(epsilon=1e-5)(layers.Conv2D(4, 3, padding="same", use_bias=False)(h))
    h = layers.ReLU()(layers.Add()([h, g]))
    net = keras.Model(start, layers.Dense(3)(layers.GlobalAveragePooling2D()(h)))
    own = written()
    one, two, norm, head = own.one, own.two, own.norm, own.head
    last = [one.weight.permute(2, 3, 1, 0), one.bias, two.weight.permute(2, 3, 1, 0), norm.weight, norm.bias]
    net.set_weights(
        [t.detach().numpy() for t in (*last, norm.running_mean, norm.running_var, head.weight.T, head.bias)]
    )
    return net


@pytest.mark.parametrize("preset", rules.PRESETS)
def test_keras_says_the_same(preset):
    x = normal(3, 2, 5, 4, seed=9)
    found = values(in_keras(), x.movedim(1, -1), "lrp", 1, preset=preset)
    expected = values(written().float(), x.float(), "lrp", 1, preset=preset)
    assert expected.abs().max() > 1e-2
    close(found.movedim(-1, 1), expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_the_questions_target_is_where_relevance_starts():
    x, net = normal(3, 2, 5, 4, seed=9), without_biases(written())
    net.norm.running_mean.zero_()
    with torch.no_grad():
        y = net(x)
    for target, value in (
        (vitrail.Difference(vitrail.Output(0), vitrail.Output(2)), y[:, 0] - y[:, 2]),
        (vitrail.Unit("two", 1), None),
    ):
        answer = explained(net, x, "lrp", target, preset="epsilon", epsilon=1e-12)
        expected = torch.as_tensor(answer.checks["target_value"]) if value is None else value
        close(torch.as_tensor(answer.values).flatten(1).sum(1), expected)


# -- settings ----------------------------------------------------------------------------------------------


def ask(preset="epsilon-plus-flat", **more):
    return explained(written(), normal(2, 2, 5, 4, seed=9), "lrp", 1, preset=preset, **more)


def test_presets_differ():
    answers = {name: ask(name).values for name in rules.PRESETS}
    assert len({answer.tobytes() for answer in answers.values()}) == len(rules.PRESETS)


def test_gamma_and_bounds_are_those_of_the_preset():
    plain = ask("epsilon-gamma-box").values
    assert np.abs(ask("epsilon-gamma-box", gamma=2.0).values - plain).max() > 1e-3
    assert np.abs(ask("epsilon-gamma-box", low=-5.0, high=5.0).values - plain).max() > 1e-3
    x = normal(2, 2, 5, 4, seed=9)
    one = explained(written(), x[:1], "lrp", 1, preset="epsilon-gamma-box", low=x[0].min(), high=x[0].max())
    np.testing.assert_allclose(one.values[0], plain[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"preset": "epsilonplus"}, "preset='epsilonplus' is not known. Did you mean 'epsilon-plus'"),
        ({"preset": 3}, "preset=3 is a int. The name of a preset"),
        ({"preset": {"table": "mine"}}, "is a dict. The name of a preset"),
        ({"epsilon": -1.0}, "epsilon=-1.0"),
        ({"gamma": -1.0}, "gamma=-1.0"),
        ({"low": "dark"}, "low='dark'"),
        ({"preset": "epsilon-gamma-box", "low": 0.0}, "do not hold all of x"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused(settings, words):
    with pytest.raises(BadSetting) as told:
        ask(**settings)
    assert words in str(told.value)


def test_a_table_of_ones_own():
    table = rules.EPSILON_PLUS | {"relu": rules.through}
    answer = ask(table)
    assert np.array_equal(answer.values, ask("epsilon-plus").values)
    assert answer.provenance["settings"]["preset"] == json.loads(json.dumps(table.as_json()))
    assert as_json(vitrail.LRP(preset=table))["preset"]["table"] == "epsilon-plus"
    twice = [explained(written(), normal(2, 2, 5, 4), vitrail.LRP(preset=table), 1).values for _ in range(2)]
    assert np.array_equal(*twice)


def test_the_schema_lists_the_presets_also_where_the_default_is_a_table():
    class Own(vitrail.LRP):
        pass

    schema = settings_of(vitrail.LRP)["preset"].schema()
    assert schema["enum"] == list(rules.PRESETS)
    setting = settings_of(vitrail.LRP)["preset"]
    setting.default = rules.EPSILON
    assert json.loads(json.dumps(setting.schema()))["default"]["table"] == "epsilon"


def test_a_recurrent_network_is_refused_by_name():
    class Recurrent(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.inner, self.head = kind(5, 4, batch_first=True), nn.Linear(4, 3)

        def forward(self, x):
            return self.head(self.inner(x)[0][:, -1])

    for kind in (nn.LSTM, nn.GRU, nn.RNN):
        with pytest.raises(
            vitrail.VitrailError, match=rf"no rule for {kind.__name__.lower()}\w*, used in inner \(inner/"
        ):
            explained(seeded(Recurrent(kind)), normal(2, 6, 5), "lrp", 0)


def test_a_single_weight_carries_everything_there_is():
    net = Function(lambda x: x @ normal(4, seed=2))
    x = normal(3, 4, seed=1)
    close(values(net, x, "lrp", preset="epsilon", epsilon=0.0), x * normal(4, seed=2))
