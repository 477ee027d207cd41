"""The network runs unmodified; what it writes over is kept, constants are folded in, what has no rule is refused."""

import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import explained, normal, seeded, values
from matrices import everywhere, handed_back, matrix, twin, z_plus
from vitrail import rules
from vitrail.errors import BadInput, BadSetting, NoRule
from vitrail.rules import CONSTANT, Applied, Steps, Table

close = torch.testing.assert_close
GRADIENT = Table("gradient", otherwise="gradient", relevance=False, precise=False)


class Runs(nn.Module):
    """A network with a dense layer `one`, another `two`, and a batch norm, run as a function says."""

    def __init__(self, run):
        super().__init__()
        self.one, self.two, self.norm, self.run = nn.Linear(4, 5), nn.Linear(5, 3), nn.BatchNorm1d(5), run

    def forward(self, x):
        return self.run(self, x)


def net_of(run):
    net = seeded(Runs(run), 3)
    net.norm.running_mean, net.norm.running_var = normal(5, seed=1), normal(5, seed=2).abs() + 0.5
    return net


def same(run, plain, preset="epsilon-plus", **more):
    """Both networks compute the same, and hand back the same."""
    x, relevance = normal(3, 4, seed=5), normal(3, 3, seed=6)
    with torch.no_grad():
        close(net_of(run)(x.clone()), net_of(plain)(x))
    table = rules.preset(preset, 1e-12)
    expected = handed_back(net_of(plain), x, relevance, table | more)
    assert expected.abs().max() > 1e-2
    close(handed_back(net_of(run), x, relevance, table | more), expected, rtol=1e-5, atol=1e-7)


# -- the way forward ---------------------------------------------------------------------------------------


def test_values_on_the_way_forward_are_the_networks_own():
    net, x = net_of(lambda n, x: n.two(n.norm(n.one(x)).relu_())), normal(3, 4)
    with torch.no_grad():
        expected = net(x)
    for table in (rules.EPSILON, rules.EPSILON_PLUS_FLAT, GRADIENT):
        model = vitrail.open(net)
        with model.asking(x) as bound:
            bound.under(Applied(table)).gradient(bound.question.packed.x, vitrail.Output(0))
            assert torch.equal(bound.question.logits, expected)


def test_an_empty_table_is_the_gradient():
    net, x, weights = net_of(lambda n, x: n.two(F.gelu(n.norm(n.one(x))))), normal(3, 4), normal(3, 3, seed=2)
    leaf = x.clone().requires_grad_()
    net_out = net(leaf)
    (expected,) = torch.autograd.grad((net_out * weights).sum(), leaf)
    close(handed_back(net, x, weights * net_out.detach(), GRADIENT), expected)


# -- writing over ------------------------------------------------------------------------------------------


def constant_first(n, x):
    """Over a constant: what is written there must not be counted among the constants."""
    g = torch.zeros(len(x), 5).double()
    g += n.one(x)
    assert (g == n.one(x)).all()
    return n.two(g.relu())


def stale(n, x):
    """The batch norm stands behind a ReLU in place: it is no part of the dense layer, whose tensor it reads."""
    h = n.one(x)
    h.relu_()
    return n.two(n.norm(h))


def stale_view(n, x):
    h = n.one(x)
    h.view(-1).relu_()
    return n.two(n.norm(h))


def into_out(n, x):
    h = n.one(x)
    with torch.no_grad():
        look = torch.empty_like(h)
        torch.mul(h, 2, out=look)
    assert (look == 2 * h).all()
    return n.two(h.relu())


def all_into_out(n, x):
    """Networks that only ever ran without gradients may do this."""
    h, made = n.one(x), torch.empty(len(x), 5).double()
    torch.clamp(h, min=0, out=made)
    rows = torch.empty(len(x), 5).double()
    torch.cat([made[:, :2], made[:, 2:]], 1, out=rows)
    return n.two(rows)


def kept_for_later(n, x):
    """What a dense layer read is written over before the way back: the rule needs it as it was."""
    h = n.one(x).relu()
    y = n.two(h)
    h.zero_()
    return y


def output_kept_for_later(n, x):
    h = n.one(x)
    g = h.relu()
    h.zero_()
    return n.two(g)


def input_overwritten(n, x):
    x *= 2
    x /= 2
    return n.two(n.one(x).relu())


def constant_in_place(n, x):
    h = n.one(x).relu()
    s = h.abs().sum(1, keepdim=True)
    s.rsqrt_()
    return n.two(h * s)


@pytest.mark.parametrize(
    ("run", "plain"),
    [
        (constant_first, lambda n, x: n.two(n.one(x).relu())),
        (stale, lambda n, x: n.two(n.norm(n.one(x).relu()))),
        (stale_view, lambda n, x: n.two(n.norm(n.one(x).relu()))),
        (into_out, lambda n, x: n.two(n.one(x).relu())),
        (all_into_out, lambda n, x: n.two(n.one(x).clamp(min=0))),
        (kept_for_later, lambda n, x: n.two(n.one(x).relu())),
        (output_kept_for_later, lambda n, x: n.two(n.one(x).relu())),
        (input_overwritten, lambda n, x: n.two(n.one(x).relu())),
        (constant_in_place, lambda n, x: n.two((h := n.one(x).relu()) * h.abs().sum(1, keepdim=True).rsqrt())),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
@pytest.mark.parametrize("rule", [rules.z_plus, rules.epsilon(1e-12)], ids=["z+", "epsilon"])
def test_writing_over_a_tensor_changes_nothing(run, plain, rule):
    same(run, plain, linear=rule, abs=rules.through, sum=rules.epsilon(1e-12), rsqrt=CONSTANT)


def test_a_tensor_filled_piece_by_piece_has_come_through_a_weight():
    """Else the layer behind it would count as the first, and be flat."""

    def filled(n, x):
        g = torch.zeros(len(x), 5).double()
        g[:] = n.one(x).relu()
        return n.two(g)

    same(filled, lambda n, x: n.two(n.one(x).relu()), "epsilon-plus-flat")


# -- constants ---------------------------------------------------------------------------------------------


def test_rescaling_before_the_first_weight_hands_relevance_on():
    scaled = net_of(lambda n, x: n.two(n.one((x - 0.3) / 2 * normal(4, seed=9)).relu()))
    plain = net_of(lambda n, x: n.two(n.one(x).relu()))
    x, relevance = normal(3, 4, seed=5), normal(3, 3, seed=6)
    inner = (x - 0.3) / 2 * normal(4, seed=9)
    for table in (rules.EPSILON, rules.EPSILON_PLUS_FLAT, everywhere(rules.z_plus, relu=rules.through)):
        close(handed_back(scaled, x, relevance, table), handed_back(plain, inner, relevance, table))


def test_what_is_broadcast_gets_the_sum():
    net = net_of(lambda n, x: n.two(n.one(x[:, :1] * normal(4, seed=9)).relu()))
    plain = net_of(lambda n, x: n.two(n.one(x).relu()))
    x, relevance = normal(3, 4, seed=5), normal(3, 3, seed=6)
    inner = handed_back(plain, x[:, :1] * normal(4, seed=9), relevance, rules.EPSILON)
    close(handed_back(net, x, relevance, rules.EPSILON)[:, :1], inner.sum(1, keepdim=True))


def test_without_groups_constants_go_by_their_own_rule():
    x, relevance = normal(1, 4, seed=5), normal(1, 5, seed=6)
    net = seeded(nn.Linear(4, 5, bias=False), 3)
    shifted = nn.Sequential(net, Plus(normal(5, seed=8)))
    apart = Table("apart", {"linear": rules.z_plus, "shift": rules.epsilon(0.0)}, groups=False)
    with torch.no_grad():
        y = net(x)
    w, _ = matrix(net, x)
    expected = twin(x[0], w, torch.zeros(5).double(), (relevance * y / (y + normal(5, seed=8)))[0], z_plus)
    close(handed_back(shifted, x, relevance, apart)[0], expected)
    assert (handed_back(shifted, x, relevance, everywhere(rules.z_plus))[0] - expected).abs().max() > 1e-2


class Plus(nn.Module):
    def __init__(self, constant):
        super().__init__()
        self.constant = constant

    def forward(self, x):
        return x + self.constant


def test_what_a_layer_gave_is_read_by_its_batch_norm_and_by_others():
    """h = A x: norm(h) and h, each with the way back that is its own; by LRP-0, shares of the sum of both."""
    net, x = net_of(lambda n, x: n.two((h := n.one(x)) + n.norm(h))), normal(3, 4, seed=5)
    w, b = matrix(net, x[:1])
    found = handed_back(net, x, normal(3, 3, seed=6), rules.preset("epsilon", 0.0))
    for i in range(3):
        z = x[i] @ w + b
        close(found[i], (x[i][:, None] * w / z) @ normal(3, 3, seed=6)[i])


def test_a_batch_norm_by_the_batchs_own_means_is_refused():
    net = net_of(
        lambda n, x: n.two(F.batch_norm(n.one(x)[..., None].expand(-1, -1, 3), None, None, training=True).mean(2))
    )
    with pytest.raises(NoRule, match="batch_statistics .*mixes examples"):
        handed_back(net, normal(3, 4), normal(3, 3), rules.EPSILON)


# -- what has no rule --------------------------------------------------------------------------------------


def test_an_operation_is_refused_with_its_name_place_and_call_site():
    class Elsewhere(nn.Module):
        def forward(self, x):
            return x + torch.erf(torch.ones(1).double())

    class Inner(nn.Module):
        def forward(self, x):
            return torch.erf(torch.erf(x.relu()) * 2)

    net = seeded(nn.Sequential(nn.Linear(4, 4), Elsewhere(), Inner(), nn.Linear(4, 3)), 1)
    with pytest.raises(NoRule) as told:
        explained(net, normal(2, 4), "lrp")
    message = str(told.value)
    assert "has no rule for erf, used in 2 (2/erf#2). It has rules for" in message
    assert "rules | {'erf': vitrail.rules.through}" in message
    assert len(message) < 600
    assert {k: told.value.facts[k] for k in ("operation", "place", "site")} == {
        "operation": "erf",
        "place": "2",
        "site": "2/erf#2",
    }
    found = values(net, normal(2, 4), "lrp", preset=rules.EPSILON_PLUS_FLAT | {torch.erf: rules.through})
    assert found.abs().max() > 1e-3


def test_an_operation_that_no_relevance_reaches_is_not_refused():
    def run(n, x):
        h = n.one(x)
        unused = torch.erf(h) + torch.fft.fft(h).real
        h = h.relu() + torch.erf(h.detach()) * 0
        assert unused.isfinite().all()
        return n.two(h)

    net = net_of(run)
    assert handed_back(net, normal(3, 4), normal(3, 3), rules.EPSILON).abs().max() > 1e-3


def test_a_gate_is_named_as_what_it_is():
    net = net_of(lambda n, x: n.two(1 / (2 + n.one(x).relu())))
    with pytest.raises(NoRule, match=r"has no rule for \w+.* used in the network itself \(/"):
        handed_back(net, normal(3, 4), normal(3, 3), rules.EPSILON)
    net = net_of(lambda n, x: n.two((h := n.one(x).relu()) / (1 + h)))
    with pytest.raises(NoRule, match=r"quotient \(a division by an activation\)"):
        handed_back(net, normal(3, 4), normal(3, 3), rules.EPSILON)


def test_constants_and_steps():
    """exp(h) as a constant: y = h * 7 is left. In two steps, both under the table: relu, then doubling."""
    net, x, r = net_of(lambda n, x: n.two((h := n.one(x)) * torch.exp(h))), normal(3, 4), normal(3, 3)
    found = handed_back(net, x, r, rules.preset("epsilon", 0.0) | {"exp": CONSTANT})
    with torch.no_grad():
        gate = torch.exp(net.one(x))
    held = net_of(lambda n, x: n.two(n.one(x) * gate[: len(x)]))
    close(found, handed_back(held, x, r, rules.preset("epsilon", 0.0)))

    net = net_of(lambda n, x: n.two(torch.erf(n.one(x))))
    steps = rules.EPSILON | {"erf": Steps(lambda h: torch.tanh(h) * 2)}
    written = net_of(lambda n, x: n.two(torch.tanh(n.one(x)) * 2))
    with pytest.raises(AssertionError):  # the steps are what is run, so that a wrong one is not hidden
        close(handed_back(net, x, r, steps), handed_back(net_of(lambda n, x: n.two(n.one(x))), x, r, rules.EPSILON))
    with vitrail.open(net).asking(x) as model:
        one = model.under(Applied(steps)).gradient(model.question.packed.x, vitrail.Output(1))
    close(one, values(written, x, "lrp", 1, preset="epsilon"))


# -- rules that are wrong ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "returned"),
    [
        (lambda call, inputs, relevance: [relevance, relevance], r"\[\(3, 5\), \(3, 5\)\]"),
        (lambda call, inputs, relevance: [], r"\[\]"),
        (lambda call, inputs, relevance: [relevance[:, :2]], r"\[\(3, 2\)\]"),
        (lambda call, inputs, relevance: relevance, r"\[\(3, 5\)\]"),
        (lambda call, inputs, relevance: [None], r"\['NoneType'\]"),
    ],
    ids=["two for one", "none", "another shape", "no list", "nothing"],
)
def test_a_rule_that_returns_something_else_is_told(rule, returned):
    net = net_of(lambda n, x: n.two(n.one(x).relu()))
    with pytest.raises(BadSetting, match=rf"the rule for relu in .* returned {returned}.*was expected: \[\(3, 5\)\]"):
        handed_back(net, normal(3, 4), normal(3, 3), rules.EPSILON | {"relu": rule})


# -- precision ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused(kind):
    net = seeded(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), 1).to(kind)
    with pytest.raises(BadInput, match=rf"linear in 0 computes in {str(kind)[6:]}.*network.float\(\)"):
        explained(net, normal(2, 4).to(kind), "lrp")


def test_autocast_inside_the_network_is_refused():
    def run(n, x):
        with torch.autocast("cpu", torch.bfloat16):
            return n.two(n.one(x).relu()).double()

    net = net_of(run).float()
    with pytest.raises(BadInput, match="linear in one computes in bfloat16.*without autocast"):
        explained(net, normal(2, 4).float(), "lrp")


# -- the same table, the same way back, again --------------------------------------------------------------


def test_a_table_may_be_used_again():
    net, x, way = net_of(lambda n, x: n.two(n.norm(n.one(x)).relu_())), normal(3, 4), Applied(rules.EPSILON_PLUS)
    with vitrail.open(net).asking(x) as model:
        one, two = (model.under(way).gradient(model.question.packed.x, vitrail.Output(0)) for _ in range(2))
    assert torch.equal(one, two)


def test_nothing_is_left_behind():
    net, x = net_of(lambda n, x: n.two(n.one(x).relu())).train(), normal(3, 4)
    explained(net, x, "lrp")
    assert net.training
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert torch.overrides._get_current_function_mode() is None


# -- compiled networks -------------------------------------------------------------------------------------


def compiled_whole(net):
    return torch.compile(net, backend="eager")


def compiled_part(net):
    net.one = torch.compile(net.one, backend="eager")
    return net


def compiled_in_place(net):
    net.compile(backend="eager")
    return net


def compiled_function(net):
    step = torch.compile(lambda h: h.relu() * 1.0, backend="eager")
    net.run = lambda n, x: n.two(step(n.one(x)))
    return net


@pytest.mark.parametrize("compiled", [compiled_whole, compiled_part, compiled_in_place, compiled_function])
def test_what_is_compiled_runs_as_it_was_written(compiled):
    x = normal(3, 4)
    expected = explained(net_of(lambda n, x: n.two(n.one(x).relu())), x, "lrp").values
    net = compiled(net_of(lambda n, x: n.two(n.one(x).relu())))
    assert "torch._dynamo" in sys.modules
    close(explained(net, x, "lrp").values, expected)
    close(explained(net, x, "lrp").values, expected)


class Recurrent(nn.Module):
    """What an LSTM returns beside its output: the last state, or the last cell."""

    def __init__(self, state):
        super().__init__()
        self.lstm, self.last, self.state = nn.LSTM(4, 5, batch_first=True), nn.Linear(5, 2), state

    def forward(self, x):
        return self.last(self.lstm(x)[1][self.state][-1])


@pytest.mark.parametrize("method", ["lrp", "deeplift", "attn-lrp"])
@pytest.mark.parametrize("state", [0, 1])
def test_relevance_to_any_result_of_an_operation_without_a_rule_is_refused(state, method):
    model = vitrail.open(Recurrent(state).double())
    with pytest.raises(vitrail.VitrailError, match=r"no rule for lstm, used in lstm \(lstm/lstm#1\)"):
        vitrail.explain(model, normal(2, 3, 4), method, 0)


class Spread(nn.Module):
    """Two results of one call."""

    def forward(self, x):
        low, high = torch.aminmax(x, dim=1)
        return torch.stack([low, high], 1)


def test_a_rule_answers_for_the_first_result_only_and_the_others_are_refused():
    table = rules.EPSILON | {"aminmax": lambda call, inputs, relevance: call.gradient(relevance), "stack": _passed}
    model, method = vitrail.open(Spread()), vitrail.LRP(preset=table)
    x = normal(2, 4)
    values = torch.as_tensor(vitrail.explain(model, x, method, 0).values)
    torch.testing.assert_close(values.sum(1), x.amin(1))
    with pytest.raises(vitrail.VitrailError, match="no rule for aminmax"):
        vitrail.explain(model, x, method, 1)


def _passed(call, inputs, relevance):
    return call.gradient(relevance)
