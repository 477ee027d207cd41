"""Operations that run past a table are noticed: what they do would go back by its gradient, in silence."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import vitrail
from known import explained, normal, seeded
from vitrail.errors import NoRule
from vitrail.rules.hidden import hidden_in, see


def scripted(thing):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch advises against it; people have them
        return torch.jit.script(thing)


def traced(module, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.trace(module, x)


def halve(x: torch.Tensor) -> torch.Tensor:
    return F.relu(x) * 0.5


class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


class Net(nn.Module):
    def __init__(self, hide, at="middle"):
        super().__init__()
        self.one, self.two, self.hide, self.at = nn.Linear(4, 5), nn.Linear(5, 3), hide, at

    def forward(self, x):
        x = self.hide(x) if self.at == "start" else x
        h = self.one(x).relu()
        y = self.two(self.hide(h) if self.at == "middle" else h)
        return self.hide(y) if self.at == "end" else y


class Holding(Net):
    """A scripted or traced module as a part."""

    def __init__(self, make):
        super().__init__(None, "")
        seeded(self, 1)
        self.two = make(self.two)


HIDING = {
    "script": (scripted(halve), "Mul"),
    "autograd function": (Own.apply, "Own"),
    "reentrant checkpoint": (lambda h: checkpoint(lambda t: t * 2, h, use_reentrant=True), "CheckpointFunction"),
}


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad:UserWarning")  # of the survey, without one
@pytest.mark.parametrize("at", ["start", "middle", "end"])
@pytest.mark.parametrize("kind", HIDING)
@pytest.mark.parametrize("method", ["lrp", "guided-backprop"])
def test_an_operation_that_runs_past_the_table_is_refused(method, kind, at):
    hide, node = HIDING[kind]
    reader = {"start": r"one/linear#1", "middle": r"two/linear#1", "end": "the output"}[at]
    with pytest.raises(NoRule, match=rf"cannot see the operation .* calls {node}, whose result is read by {reader}\."):
        explained(seeded(Net(hide, at), 1), normal(2, 4), method)


@pytest.mark.parametrize("make", [scripted, lambda part: traced(part, normal(2, 5))], ids=["script", "trace"])
def test_a_scripted_module_inside_runs_and_is_refused_by_rules(make):
    net, x = Holding(make), normal(2, 4)
    explained(net, x, "gradient")
    with pytest.raises(NoRule, match="TorchScript"):
        explained(net, x, "lrp")


@pytest.mark.parametrize(
    "move",
    [
        scripted(nn.Flatten()),
        lambda h: checkpoint(lambda t: t.clone(), h, use_reentrant=False),
        lambda h: h.data + h - h.data,
        lambda h: h,
    ],
    ids=["moving only", "checkpoint", "constants", "nothing"],
)
def test_what_only_moves_values_may_hide(move):
    net, x = seeded(Net(move), 1), normal(2, 4)
    plain = explained(seeded(Net(lambda h: h), 1), x, "lrp", preset="epsilon", epsilon=1e-12)
    found = explained(net, x, "lrp", preset="epsilon", epsilon=1e-12)
    torch.testing.assert_close(found.values, plain.values)


def test_a_node_is_followed_to_what_was_seen():
    x = torch.ones(2, 3, requires_grad=True)
    seen = x.exp()
    see(seen)
    assert hidden_in(seen.T[0].reshape(1, 1, 2)) == ""
    assert hidden_in(x.T.clone()) == ""
    assert hidden_in(torch.cat([seen, x.sin()])[0]) == "Sin"
    assert hidden_in(x.exp()) == "Exp"
    assert hidden_in(torch.ones(2)) == ""


def test_an_exported_or_scripted_network_as_a_whole_has_its_own_refusal(tmp_path):
    file = tmp_path / "net.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted(seeded(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), 1)).save(str(file))
    with pytest.raises(NoRule, match="cannot see the operation"):
        explained(vitrail.open(file), normal(2, 4), "lrp")
