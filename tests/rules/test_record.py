"""What is kept of a run at the reference, and what is refused when the run at x is another."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import F64, Function, explained, normal, seeded, values
from vitrail.errors import NetworkFailed
from vitrail.rules import Applied, Record
from vitrail.rules.deeplift import DEEPLIFT
from vitrail.rules.record import constants, departed, same

close = torch.testing.assert_close
X, R = normal(2, 5, seed=21), normal(2, 5, seed=22)


def recorded(net, x=R, **options):
    model = vitrail.open(net)
    with model.asking(x) as bound:
        return Record(DEEPLIFT, **options).of(bound, x)


def mlp():
    return seeded(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3), nn.Tanh()))


def test_it_keeps_what_nonlinear_operations_read_and_gave():
    net, record = mlp(), recorded(mlp())
    hidden = net[0](R).detach()
    (read,), gave = record.at(("relu", 1), [hidden])
    close(read, hidden)
    close(gave, F.relu(hidden))
    assert record.at(("linear", 1), [R]) is None
    assert not read.requires_grad
    assert {site for site, kept in record.kept.items() if kept.pair} == {("relu", 1), ("tanh", 1)}
    assert recorded(mlp(), everything=True).at(("linear", 2), [F.relu(hidden)]) is not None


def test_nothing_is_kept_for_a_way_back():
    """The graph tells what depends on x; it holds no numbers."""
    model = vitrail.open(mlp())
    with model.asking(R) as bound, torch.enable_grad():
        trace = bound.under(Record(DEEPLIFT)).trace(R.clone().requires_grad_())
        with pytest.raises(AssertionError, match="no way back"):
            trace.output.sum().backward()


class InPlace(nn.Module):
    """Writes over what was read, over a result, and over a constant that was read before."""

    def forward(self, x):
        h, constant = torch.tanh(x), torch.ones(5, dtype=x.dtype)
        y = torch.sigmoid(h) + constant
        constant.zero_()
        h.relu_()
        h += 1
        y.mul_(2)
        return (y + h).sum(1, keepdim=True)


def test_what_is_written_over_was_kept():
    record = recorded(InPlace())
    (read,), gave = record.at(("tanh", 1), [R])
    close(read, R)
    close(gave, torch.tanh(R))
    (read,), gave = record.at(("sigmoid", 1), [R])
    close(read, torch.tanh(R))
    close(gave, torch.sigmoid(torch.tanh(R)))
    close(record.at(("relu", 1), [R])[0][0], torch.tanh(R))
    close(record.kept["add", 1].fixed[0], torch.ones(5, dtype=F64))
    for rule in ("rescale", "reveal-cancel"):
        answer = explained(InPlace(), X, "deeplift", baseline=R[0], rule=rule)
        assert answer.checks["completeness_gap_relative"].max() < 1e-12


def test_a_record_may_be_taken_again():
    model, record = vitrail.open(mlp()), Record(DEEPLIFT)
    with model.asking(R) as bound:
        for x in (R, X):
            record.of(bound, x)
            close(record.at(("relu", 1), [normal(2, 4)])[0][0], mlp()[0](x).detach())
    assert len(record.kept) == 4


def test_a_record_may_be_followed_again():
    model, target = vitrail.open(mlp()), vitrail.Output(1)
    with model.asking(X) as bound:
        way = Applied(DEEPLIFT, Record(DEEPLIFT).of(bound, R))
        close(bound.under(way).gradient(X, target), bound.under(way).gradient(X, target))


# -- another path -----------------------------------------------------------------------------------------


class Forks(nn.Module):
    """Takes another way where the input is large."""

    def __init__(self, one, other):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 1)
        self.ways = one, other

    def forward(self, x):
        return self.ways[int(x.abs().max() > 50)](self, x)


PATHS = {
    "another function": (lambda n, x: n.c(torch.tanh(n.a(x))), lambda n, x: n.c(torch.relu(n.a(x)))),
    "another weight": (lambda n, x: n.c(torch.tanh(n.a(x))), lambda n, x: n.c(torch.tanh(n.b(x)))),
    "a step more": (lambda n, x: n.c(torch.tanh(n.a(x))), lambda n, x: n.c(torch.tanh(n.b(torch.tanh(n.a(x)))))),
    "a step less": (lambda n, x: n.c(torch.tanh(n.b(torch.tanh(n.a(x))))), lambda n, x: n.c(torch.tanh(n.a(x)))),
    "a step more at the end": (lambda n, x: n.c(n.a(x)), lambda n, x: torch.tanh(n.c(n.a(x)))),
    "a step less at the end": (lambda n, x: torch.tanh(n.c(n.a(x))), lambda n, x: n.c(n.a(x))),
    "another order": (lambda n, x: n.c(torch.tanh(x.relu())), lambda n, x: n.c(torch.tanh(x).relu())),
    "another number": (lambda n, x: n.c(x * 2), lambda n, x: n.c(x * 3)),
    "other places": (lambda n, x: x[:, 1:2] * 2, lambda n, x: x[:, 2:3] * 2),
    "other places by name": (lambda n, x: x.narrow(1, 0, 1) * 2, lambda n, x: x.narrow(1, start=3, length=1) * 2),
    "another shape": (lambda n, x: torch.tanh(x[:, :3]).sum(1, True), lambda n, x: torch.tanh(x[:, :4]).sum(1, True)),
}
DEPENDS = {
    "a mask": lambda x: torch.where(x > 0, x, 0.1 * x),
    "a mask that fills": lambda x: x.masked_fill(x < 0, 0.0),
    "a mask that multiplies": lambda x: x * (x > 0),
    "a mask written into": lambda x: cleared(x.clone()),
    "places": lambda x: x.gather(1, x.argsort(1)),
    "a row": lambda x: x[:, int(x[0].argmax())][:, None],
    "a detached shift": lambda x: torch.exp(x - x.detach().amax(1, keepdim=True)),
    "a number": lambda x: x / x.max().item(),
}


def cleared(x):
    x[x < 0] = 0
    return x


@pytest.mark.parametrize("rule", ["rescale", "reveal-cancel"])
@pytest.mark.parametrize("name", PATHS)
def test_another_path_at_the_reference_is_refused(name, rule):
    net = seeded(Forks(*PATHS[name]), 2)
    assert explained(net, X, "deeplift", baseline=0.5, rule=rule).checks["completeness_gap"].max() < 1e-12
    for x, reference in ((X, 60.0), (X + 60, 0.0)):
        with pytest.raises(NetworkFailed, match=r"another path at the reference.*Choose a baseline"):
            explained(net, x, "deeplift", baseline=reference, rule=rule)


@pytest.mark.parametrize("rule", ["rescale", "reveal-cancel"])
@pytest.mark.parametrize("name", DEPENDS)
def test_constants_that_differ_at_the_reference_are_refused(name, rule):
    net = Function(lambda x: DEPENDS[name](x * 2).sum(1))
    if name not in ("a number", "a detached shift"):
        near = explained(net, X[:1], "deeplift", baseline=X[0] * 1.0001, rule=rule)
        assert near.checks["completeness_gap"].max() < 1e-12
    with pytest.raises(NetworkFailed, match="other constants, masks or positions"):
        explained(net, X, "deeplift", baseline=R[0], rule=rule)


def test_constants():
    a, b, c = torch.ones(2), torch.zeros(3), torch.zeros(3, dtype=torch.bool)
    args = (a, [b, {"mask": c}], slice(1, None, 2), 3, 0.5, "sum", None, torch.float32, True)
    found = list(constants((args, {"dim": -1}), [a, None]))
    close(found[0], b)
    close(found[1], c)
    assert found[2:] == [1, 2, 3, 0.5, True, -1]


def test_same():
    a = normal(3, 3)
    assert same(a, a.clone())
    assert same(a.T, a.T)
    assert same(torch.tensor([torch.inf]), torch.tensor([torch.inf]))
    assert not same(a, a.T)
    assert not same(a, a[:2])
    assert not same(a, a.float())
    assert not same(a, 1.0)
    assert not same(1, True)
    assert same(2, 2)
    assert same(torch.nan, torch.nan)
    assert not same(torch.nan, 1.0)
    assert str(departed("so")).startswith("the network takes another path at the reference: so. ")


# -- memory -----------------------------------------------------------------------------------------------


class Small(nn.Module):
    """Runs out of memory on more than so many rows, at x but not at the reference."""

    def __init__(self, most):
        super().__init__()
        self.most, self.sizes = most, []

    def forward(self, x):
        self.sizes.append(len(x))
        if len(x) > self.most and bool((x != 0.5).any()):
            raise MemoryError
        return torch.tanh(x).sum(1, keepdim=True)


@pytest.mark.parametrize("rule", ["rescale", "reveal-cancel"])
def test_when_memory_runs_out_record_and_way_back_shrink_together(rule):
    x = normal(7, 5, seed=3)
    expected = values(Small(100), x, "deeplift", baseline=0.5, rule=rule)
    close(values(Small(2), x, "deeplift", baseline=0.5, rule=rule), expected)
    close(expected, torch.tanh(x) - torch.tanh(torch.tensor(0.5, dtype=F64)))
