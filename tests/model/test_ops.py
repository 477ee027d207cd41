import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.model.ops import Watch, answered_by, plain_name, tapped, tensors_in
from vitrail.model.survey import own_parameters
from vitrail.model.torch import TorchNetwork


class Ends(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.last = last

    def forward(self, x):
        return self.last(self.fc(x))


def head_of(last, x):
    network = Ends(last).double().eval()
    trace = vitrail.open(network).trace(x)
    return trace, network


@pytest.fixture
def rows():
    return torch.randn(5, 3, dtype=torch.float64)


@pytest.mark.parametrize(
    "last",
    [
        nn.Softmax(1),
        nn.Sigmoid(),
        nn.LogSoftmax(1),
        lambda h: F.softmax(h, 1),
        lambda h: F.log_softmax(h, dim=-1),
        lambda h: torch.softmax(h, 1),
        lambda h: torch.log_softmax(input=h, dim=1),
        lambda h: h.softmax(1),
        lambda h: h.log_softmax(1),
        lambda h: h.sigmoid(),
        torch.sigmoid,
        lambda h: h.clone().sigmoid_(),
        lambda h: F.softmax(h, 1).reshape(-1, 2, 2).flatten(1).contiguous().squeeze(-1).clone(),
        lambda h: F.dropout(F.softmax(h, 1), training=False),
        nn.Sequential(nn.Softmax(1), nn.Identity(), nn.Dropout(0.5)),
    ],
)
def test_a_final_squashing_is_found_and_stepped_over(last, rows):
    trace, network = head_of(last, rows)
    with torch.no_grad():
        torch.testing.assert_close(trace.logits, network.fc(rows))
        torch.testing.assert_close(trace.output, network(rows))
    assert trace.output is not trace.logits


@pytest.mark.parametrize(
    "last",
    [
        lambda h: h,
        lambda h: F.softmax(h, 1) @ h.T,
        lambda h: F.softmax(h, 1) * h,
        lambda h: F.softmax(h, 1).mean(1, keepdim=True),
        lambda h: h.tanh(),
        nn.Sequential(nn.Softmax(1), nn.Linear(4, 2)),
        lambda h: F.scaled_dot_product_attention(h[:, None], h[:, None], h[:, None])[:, 0],
    ],
)
def test_a_squashing_in_the_middle_is_none(last, rows):
    trace, network = head_of(last, rows)
    with torch.no_grad():
        torch.testing.assert_close(trace.logits, network.double()(rows))
    assert trace.output is trace.logits


def test_with_several_squashings_only_the_last_is_stepped_over(rows):
    trace, network = head_of(lambda h: F.softmax(F.softmax(h, 1) * 3, 1), rows)
    with torch.no_grad():
        torch.testing.assert_close(trace.logits, F.softmax(network.fc(rows), 1) * 3)


def test_the_head_of_the_output_that_is_meant(rows):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 4)

        def forward(self, x):
            h = self.fc(x)
            return h.softmax(1), h.sigmoid(), h

    network = Two().double()
    for choice in range(3):
        trace = vitrail.open(network, output=choice).trace(rows)
        with torch.no_grad():
            torch.testing.assert_close(trace.logits, network.fc(rows))
            torch.testing.assert_close(trace.output, network(rows)[choice])


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (torch.relu, "relu"), (torch.Tensor.relu_, "relu"), (F.relu, "relu"), (torch.ops.aten.relu.default, "relu"),
        (torch.Tensor.__add__, "add"), (torch.Tensor.__iadd__, "add"), (torch.Tensor.__radd__, "add"),
        (torch.Tensor.__truediv__, "div"), (torch.Tensor.__rmul__, "mul"), (torch.Tensor.__matmul__, "matmul"),
        (torch.ops.aten._unsafe_view.default, "_unsafe_view"), (F.log_softmax, "log_softmax"),
    ],
)  # fmt: skip
def test_an_operation_has_one_plain_name(func, name):
    assert plain_name(func) == name


def test_a_watch_counts_by_name_and_answers_where_it_is_told():
    watch = Watch({("relu", 2): lambda func, args, kwargs: torch.full_like(args[0], 7.0)})
    x = torch.ones(2)
    with watch:
        first, _, second = torch.relu(x), x + 1, F.relu(x)
    assert (float(first[0]), float(second[0])) == (1.0, 7.0)
    assert dict(watch.counts) == {"relu": 2}


def test_a_watch_of_everything_counts_everything():
    seen = []
    with Watch({}, lambda func, args, kwargs: seen.append(plain_name(func)) or func(*args, **kwargs)):
        (torch.ones(2) + 1).relu().sum(dim=0)
    assert seen[-3:] == ["add", "relu", "sum"]


def test_a_handler_for_one_call_gets_what_every_makes_of_it():
    """Both: a layer is kept, and the operation still goes back by its rule."""
    told = []

    def every(func, args, kwargs):
        told.append((plain_name(func), func.__name__))
        return func(*args, **kwargs) * 10

    def one(func, args, kwargs):
        assert plain_name(func) == "relu"
        return func(*args, **kwargs) + 0.5

    x = torch.ones(2)
    with Watch({("relu", 2): one}, every) as watch:
        first, second = F.relu(x), x.relu_()
    assert (float(first[0]), float(second[0])) == (10.0, 10.5)
    assert told == [("relu", "relu"), ("relu", "relu_")]
    assert watch.counts["relu"] == 2


def test_without_every_other_operations_pass_unseen():
    with Watch({("relu", 1): lambda func, args, kwargs: "answer"}) as watch:
        assert F.relu(torch.ones(2)) == "answer"
        torch.sin(torch.ones(2))
    assert dict(watch.counts) == {"relu": 1}


def test_what_is_answered_keeps_the_name():
    func = answered_by(lambda f, args, kwargs: (f, args, kwargs), torch.Tensor.add_)
    assert func.__name__ == "add_"
    assert func(1, alpha=2) == (torch.Tensor.add_, (1,), {"alpha": 2})


@pytest.mark.parametrize(
    ("func", "name"),
    [(torch.true_divide, "div"), (torch.divide, "div"), (torch.subtract, "sub"), (torch.multiply, "mul")]
    + [(torch.absolute, "abs"), (torch.negative, "neg"), (torch.Tensor.__itruediv__, "div")]
    + [(torch.Tensor.multiply_, "mul"), (torch.Tensor.__isub__, "sub"), (torch.Tensor.__ipow__, "pow")]
    + [(torch.Tensor.__setitem__, "setitem")],
)  # fmt: skip
def test_other_words_for_an_operation_are_the_same(func, name):
    assert plain_name(func) == name


def test_tensors_inside_anything_are_found_in_order():
    a, b, c = torch.zeros(1), torch.zeros(2), torch.zeros(3)
    assert [len(t) for t in tensors_in(([a, {"x": (b, 3)}], {"k": c}, None, "text"))] == [1, 2, 3]


def test_taps_are_taken_off_also_when_one_cannot_be_put_on(picture):
    network = TorchNetwork(picture)
    with pytest.raises(KeyError), tapped(network, {"fc": (None, lambda v: v), "nothing": (None, None)}):
        pass
    assert not picture.fc._forward_hooks


def test_numbers_that_a_module_holds_itself():
    block = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1, bias=False))
    assert [own_parameters(m) for m in (block, block[0], block[1])] == [0, 16, 4]
