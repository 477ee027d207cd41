import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import NoGradient


def straight_through_numpy(x):
    return torch.as_tensor(np.asarray(x.detach().numpy()) * 2)


@torch.no_grad()
def silent(x):
    return x * 2 + 1


def cut(x):
    return x.detach() * 2


STOPS = {
    "detach": (cut, "calls .detach"),
    "no_grad": (silent, "runs mul under torch.no_grad"),
    "data": (lambda x: x.data * 2, "reads .data"),
    "numpy": (straight_through_numpy, "calls .detach"),
    "argmax": (lambda x: x.argmax(1, keepdim=True).to(x.dtype).expand(-1, 4), "takes an argmax"),
    "long": (lambda x: x.long().to(x.dtype), "casts to integers"),
    "int": (lambda x: x.to(torch.int32).to(x.dtype), "casts to integers"),
    "tolist": (lambda x: torch.tensor(x.tolist(), dtype=x.dtype), "turns a tensor into a Python list"),
    "compare": (lambda x: (x > 0).to(x.dtype), "compares"),
    "sign": (lambda x: torch.bucketize(x, torch.arange(-3.0, 3, dtype=x.dtype)).to(x.dtype), "stops them in bucketize"),
}


class Stop(nn.Module):
    def __init__(self, stop):
        super().__init__()
        self.stop = stop

    def forward(self, x):
        return self.stop(x)


class Net(nn.Module):
    def __init__(self, stop):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.cut = Stop(stop)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.cut(self.first(x).tanh()))


@pytest.fixture
def rows():
    return torch.randn(3, 3, dtype=torch.float64)


@pytest.mark.parametrize("name", STOPS)
def test_the_cause_and_the_place_are_named(name, rows):
    stop, words = STOPS[name]
    model = vitrail.open(Net(stop).double())
    with pytest.raises(NoGradient, match=rf"do not reach the input of Net: cut {words}.*occlusion"):
        vitrail.explain(model, rows, "gradient", 1)
    assert vitrail.explain(model, rows, "occlusion", 1).values.shape == (3, 3)


def test_a_stop_outside_of_any_part_is_in_the_network_itself(rows):
    class Bare(nn.Module):
        def forward(self, x):
            return x.detach() * 2

    with pytest.raises(NoGradient, match="input of Bare: Bare calls .detach"):
        vitrail.explain(vitrail.open(Bare()), rows, "gradient", 1)


def test_the_first_of_several_stops_is_named(rows):
    model = vitrail.open(nn.Sequential(Net(silent), Net(cut).last, Stop(cut)).double())
    model.network.module[1] = nn.Linear(2, 2).double()
    with pytest.raises(NoGradient, match="0.cut runs"):
        vitrail.explain(model, rows, "gradient", 1)


def test_the_stop_on_the_way_to_the_output_is_named_not_one_beside_it(rows):
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.cut = Stop(lambda x: x.round().long())

        def forward(self, x):
            size = x.detach().norm().item() + float(x.detach().sum())
            return self.cut(x / (x.detach().abs().amax() + size)).double() + 1

    with pytest.raises(NoGradient, match="input of Beside: cut casts to integers"):
        vitrail.explain(vitrail.open(Beside()), rows, "gradient", 1)


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad:UserWarning")  # of torch, about just that
def test_a_network_that_leaves_torch_without_a_trace(rows):
    class Leaves(nn.Module):
        def forward(self, x):
            return torch.tensor([[float(v) for v in row] for row in x], dtype=x.dtype)

    with pytest.raises(NoGradient, match="Leaves turns a tensor into a Python number"):
        vitrail.explain(vitrail.open(Leaves()), rows, "gradient", 1)


def test_a_stop_in_a_network_that_overwrites_its_input(rows):
    class Overwrites(nn.Module):
        def forward(self, x):
            return x.mul_(2).detach() + 1

    with pytest.raises(NoGradient, match="Overwrites calls .detach"):
        vitrail.explain(vitrail.open(Overwrites()), rows, "gradient", 1)


def test_a_stop_behind_an_embedding():
    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.fc, self.cut = nn.Embedding(9, 3), nn.Linear(3, 2), Stop(cut)

        def forward(self, ids):
            return self.fc(self.cut(self.embedding(ids)).mean(1))

    with pytest.raises(NoGradient, match="input of Words: cut calls .detach"):
        vitrail.explain(vitrail.open(Words().double()), np.array([[1, 2, 3]]), "gradient", 1)


def test_a_shape_or_a_comparison_beside_the_way_is_no_stop(rows):
    class Careful(nn.Module):
        def forward(self, x):
            if bool((x > 0).any()) and x.shape[0] and float(x.detach().sum()) > -1e9:
                return x * x.argmax(1, keepdim=True)
            return x

    x = rows.clone().requires_grad_()
    expected = x.argmax(1, keepdim=True).to(x.dtype).expand(-1, 3) * torch.tensor([0.0, 1, 0], dtype=x.dtype)
    answer = vitrail.explain(vitrail.open(Careful()), rows, "gradient", 1)
    torch.testing.assert_close(torch.as_tensor(answer.values), expected)


def test_a_target_that_does_not_look_at_x_is_told(rows):
    model = vitrail.open(nn.Linear(3, 2).double())

    def constant(trace):
        return torch.ones(len(trace.output), dtype=torch.float64)

    with pytest.raises(NoGradient, match="no operation that stops them was seen") as told:
        vitrail.explain(model, rows, "gradient", constant)
    assert told.value.code == "no-gradient"


def test_a_function_never_gives_any(rows):
    with pytest.raises(NoGradient, match=r"gives no gradients\. Methods that ask for outputs alone"):
        vitrail.explain(vitrail.open(lambda x: x * 2), rows, "integrated-gradients", 1)


def test_modes_and_hooks_are_as_before(rows):
    network = Net(cut).double().train()
    with pytest.raises(NoGradient):
        vitrail.explain(vitrail.open(network), rows, "gradient", 1)
    assert all(m.training and not m._forward_hooks and not m._forward_pre_hooks for m in network.modules())
    assert all(p.requires_grad for p in network.parameters())
