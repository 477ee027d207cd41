import operator

import pytest
import torch
import torch.nn.functional as F

from vitrail.rules.writing import out_of_place, write_back, written

close = torch.testing.assert_close


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "writes"),
    [
        (torch.Tensor.relu_, 1, {}, True),
        (torch.Tensor.relu, 1, {}, False),
        (torch.Tensor.__iadd__, 2, {}, True),
        (torch.Tensor.__itruediv__, 2, {}, True),
        (torch.Tensor.__ifloordiv__, 2, {}, True),
        (torch.Tensor.__add__, 2, {}, False),
        (torch.Tensor.__setitem__, 2, {}, True),
        (torch.Tensor.copy_, 2, {}, True),
        (F.relu, 1, {"inplace": True}, True),
        (F.relu, 1, {"inplace": False}, False),
        (F.relu_, 1, {}, True),
        (F.leaky_relu, 1, {}, False),
        (torch.add, 2, {}, False),
    ],
)
def test_which_tensor_is_written_over(func, args, kwargs, writes):
    tensors = tuple(torch.ones(2) for _ in range(args))
    found = written(func, tensors, kwargs)
    assert found is (tensors[0] if writes else None)


def test_inplace_by_position_and_by_keyword():
    x = torch.ones(2)
    assert written(F.relu, (x, True), {}) is x
    assert written(F.relu, (x, False), {}) is None
    assert written(F.leaky_relu, (x, 0.1, True), {}) is x
    assert written(F.relu, (), {"input": x, "inplace": True}) is x
    assert written(operator.iadd, (3, 4), {}) is None


def test_out_names_what_is_written():
    x, out = torch.ones(2), torch.empty(2)
    assert written(torch.mul, (x, 2), {"out": out}) is out
    assert written(torch.mul, (x, 2), {"out": None}) is None


@pytest.mark.parametrize(("args", "kwargs"), [((torch.full((2,), -1.0),), {}), ((), {"input": torch.full((2,), -1.0)})])
def test_out_of_place_leaves_the_tensor_alone(args, kwargs):
    apart = out_of_place(F.relu_ if args else lambda input: input.relu_())
    close(apart(*args, **kwargs), torch.zeros(2))
    close(args[0] if args else kwargs["input"], torch.full((2,), -1.0))


def test_into_out_is_answered_in_a_tensor_of_its_own():
    out = torch.zeros(2)
    close(out_of_place(torch.mul)(torch.ones(2), 2, out=out), torch.full((2,), 2.0))
    close(out, torch.zeros(2))


def test_what_is_written_back_is_there_for_all_and_its_old_history_ends():
    x = torch.ones(3, requires_grad=True)
    target = x * 2
    view = target[:2]
    write_back(target, x * 5)
    close(target, torch.full((3,), 5.0))
    close(view.detach(), torch.full((2,), 5.0))
    close(torch.autograd.grad(target.sum(), x)[0], torch.full((3,), 5.0))


def test_what_is_written_into_a_view_changes_its_base():
    x = torch.ones(3, requires_grad=True)
    base = x * 2
    write_back(base[:1], x[:1] * 7)
    close(base.detach(), torch.tensor([7.0, 2.0, 2.0]))
    close(torch.autograd.grad(base.sum(), x)[0], torch.tensor([7.0, 2.0, 2.0]))
