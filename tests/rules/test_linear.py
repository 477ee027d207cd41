"""Every linear view is the operation itself; rules on them are in test_lrp.py."""

import pytest
import torch
import torch.nn.functional as F

from known import normal
from vitrail.rules.linear import counted, linear_of, probe

close = torch.testing.assert_close
X, IMAGE, W, CUBE = normal(2, 4), normal(2, 4, 5, 5), normal(4, 3, seed=1), normal(2, 4, 3, seed=2)

#: name, function, arguments, where x stands among them
VIEWS = [
    ("linear", F.linear, (X, W.T, normal(3)), {}),
    ("linear", F.linear, (), {"input": X, "weight": W.T}),
    ("matmul", torch.matmul, (X, W), {}),
    ("matmul", torch.matmul, (X, W[:, 0]), {}),
    ("mm", torch.mm, (X, W), {}),
    ("bmm", torch.bmm, (normal(2, 5, 4), CUBE), {}),
    ("addmm", torch.addmm, (normal(3), X, W), {}),
    ("einsum", torch.einsum, ("bi,ij->bj", X, W), {}),
    ("einsum", torch.einsum, ("...i,ij->...j", normal(2, 5, 4), W), {}),
    ("conv2d", F.conv2d, (IMAGE, normal(6, 2, 3, 3), normal(6), 2, 1, 1, 2), {}),
    ("conv2d", F.conv2d, (IMAGE, normal(6, 4, 3, 3)), {"padding": "same"}),
    ("conv_transpose2d", F.conv_transpose2d, (IMAGE, normal(4, 3, 2, 2), None, 2, 0, 1, 2), {}),
]


def x_of(name, args, kwargs):
    return kwargs.get("input", args[1] if name in ("einsum", "addmm") else args[0] if args else None)


def view(name, func, args, kwargs):
    return linear_of(name, func, args, kwargs, x_of(name, args, kwargs))


@pytest.mark.parametrize(("name", "func", "args", "kwargs"), VIEWS)
def test_the_view_is_the_operation(name, func, args, kwargs):
    linear = view(name, func, args, kwargs)
    close(linear(x_of(name, args, kwargs)), func(*args, **kwargs))


@pytest.mark.parametrize(("name", "func", "args", "kwargs"), VIEWS)
def test_constants_fold_into_weight_and_bias(name, func, args, kwargs):
    linear, y = view(name, func, args, kwargs), func(*args, **kwargs)
    small = probe(linear, y)
    assert small.ndim == y.ndim
    scale, shift = torch.randn(2, *small.shape, generator=torch.Generator().manual_seed(0), dtype=y.dtype)
    folded = linear.folded(scale, shift)
    x = x_of(name, args, kwargs)
    close(folded(x), scale * y + shift)
    close(folded.folded(scale, shift)(x), scale * (scale * y + shift) + shift)
    close(folded.folded(scale, shift).scale.expand(small.shape), scale * scale)
    close(linear.folded(torch.ones_like(scale), shift)(x), y + shift)
    assert linear.folded(torch.ones_like(scale), shift).scale is None


@pytest.mark.parametrize(
    ("name", "func", "args", "x"),
    [
        ("linear", F.linear, (W.T, X), X),
        ("conv2d", F.conv2d, (normal(6, 4, 3, 3), IMAGE), IMAGE),
        ("matmul", torch.matmul, (X[0], W), X[0]),
        ("matmul", torch.matmul, (W[:, 0], X.T), X.T),
        ("einsum", torch.einsum, ("bi,ij,jk->bk", X, W, W.T), X),
        ("einsum", torch.einsum, ("bi,ij", X, W), X),
        ("tensordot", torch.tensordot, (X, W), X),
        ("relu", torch.relu, (X,), X),
    ],
)
def test_where_the_weight_is_not_known_there_is_no_view(name, func, args, x):
    assert linear_of(name, func, args, {}, x) is None


def test_counted_means_and_those_of_the_batch():
    mean = torch.ones(4)
    assert counted(F.batch_norm, (X, mean, mean), {})
    assert counted(F.batch_norm, (), {"input": X, "running_mean": mean, "running_var": mean, "training": False})
    assert not counted(F.batch_norm, (X, mean, mean), {"training": True})
    assert not counted(F.batch_norm, (X, None, None), {})
    assert counted(torch.batch_norm, (X, None, None, mean, mean, False, 0.1, 1e-5, False), {})
    assert not counted(torch.batch_norm, (X, None, None, mean, mean, True, 0.1, 1e-5, False), {})
    assert not counted(torch.batch_norm, (X, None, None, None, None, False, 0.1, 1e-5, False), {})
