"""Arrays at the door: every kind of array of real, finite numbers comes in; anything else is refused by name."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import Tensor

from vitrail.errors import BadInput
from vitrail.inputs.numbers import check_held, check_numbers, tensor_of

X = np.arange(6.0).reshape(2, 3)


def read_only():
    x = X.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "x",
    [
        X,
        X.astype(">f8"),
        X.astype("<f4"),
        X.astype(np.longdouble),
        X.astype(np.uint16),
        X.astype(np.uint32),
        X.astype(np.int8),
        np.asfortranarray(X),
        X[::-1][::-1],
        np.repeat(X, 2, 1)[:, ::2],
        read_only(),
        X.tolist(),
        tuple(X),
        torch.tensor(X, requires_grad=True),
        torch.tensor(X.T.copy()).T,
        [torch.tensor(row, requires_grad=True) for row in X],
        [[torch.tensor(value) for value in row] for row in X],
        np.ma.masked_array(X),
    ],
    ids=lambda x: type(x).__name__,
)
def test_every_array_comes_in_with_its_values(x):
    tensor = tensor_of(check_numbers(x, "x"))
    assert_array_equal(tensor.double().numpy(), X)
    assert not tensor.requires_grad


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, bool])
def test_the_type_is_kept(dtype):
    assert tensor_of(X.astype(dtype)).numpy().dtype == dtype


@pytest.mark.parametrize("x", [X.copy(), torch.tensor(X)], ids=["array", "tensor"])
def test_no_memory_is_shared(x):
    tensor = tensor_of(check_numbers(x, "x"))
    tensor.zero_()
    assert_array_equal(np.asarray(x), X)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (X + 1j, "complex128"),
        (torch.tensor(X + 1j), "complex128"),
        (torch.tensor(X).to_sparse(), "Real numbers"),
        (np.array([["1", "2"]]), "<U1"),
        (np.array([[1, None]]), "of type object (it holds int)"),
        (None, "NoneType"),
        (np.array([[np.datetime64("2020-01-01")]]), "datetime64"),
        (np.zeros((1, 2), dtype="f4,f4"), "Real numbers"),
        ([[1.0, 2.0], [1.0]], "no regular array"),
        ([torch.zeros(2), torch.zeros(3)], "no regular array"),
        (np.float64(3.0), "shape ()"),
        (X[0], "x[None]"),
        (torch.tensor(X[0]), "x[None]"),
        (X[:0], "is empty: its shape is (0, 3)"),
        (X[:, :0], "is empty: its shape is (2, 0)"),
        (np.ma.masked_greater(X, 3), "2 values masked out"),
    ],
)
def test_anything_else_is_refused(x, words):
    with pytest.raises(BadInput) as caught:
        check_numbers(x, "x")
    assert words in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_what_is_not_finite_is_refused_with_its_place(bad, kind):
    x = X.copy()
    x[1, 2] = bad
    with pytest.raises(
        BadInput, match=r"1 value that is NaN or infinite, the first at \[1, 2\]\. .*np\.nan_to_num\(x\)"
    ):
        check_numbers(kind(x), "x")
    x[0, 1] = bad
    with pytest.raises(BadInput, match=r"2 values that are NaN or infinite, the first at \[0, 1\]"):
        check_numbers(kind(x), "x")


def test_fewer_axes_where_fewer_are_needed():
    assert_array_equal(check_numbers(X[0], "age", 1), X[0])
    with pytest.raises(BadInput, match="age has shape"):
        check_numbers(np.float64(1), "age", 1)


def test_numbers_too_large_for_the_network_are_refused():
    held = torch.tensor([1e30])
    assert check_held(held, "x") is held
    with pytest.raises(BadInput, match=r"too large for torch.float32, .*at most 3.4e\+38"):
        check_held(torch.tensor([1e300], dtype=torch.float64).float(), "x")


def test_a_tensor_from_inference_mode_can_ask_for_gradients():
    with torch.inference_mode():
        x = torch.ones(2, 3)
    made: Tensor = tensor_of(check_numbers(x, "x")).requires_grad_()
    assert torch.autograd.grad(made.square().sum(), made)[0].tolist() == [[2.0] * 3] * 2
