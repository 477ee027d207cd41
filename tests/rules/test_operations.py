import pytest
import torch

from vitrail.rules import operations
from vitrail.rules.operations import KNOWN, READING, exists, factors, meaning


@pytest.mark.parametrize(
    ("name", "carrying", "quotient", "key"),
    [
        ("mul", 1, False, "scale"),
        ("mul", 2, False, "product"),
        ("div", 1, False, "scale"),
        ("div", 2, True, "quotient"),
        ("div", 1, True, "quotient"),
        ("add", 1, False, "shift"),
        ("add", 2, False, "add"),
        ("sub", 1, False, "shift"),
        ("rsub", 1, False, "shift"),
        ("matmul", 1, False, "matmul"),
        ("matmul", 2, False, "product"),
        ("linear", 2, False, "product"),
        ("conv2d", 1, False, "conv2d"),
        ("conv2d", 2, False, "product"),
        ("relu", 1, False, "relu"),
        ("cat", 2, False, "cat"),
    ],
)
def test_an_operation_is_looked_up_by_what_it_reads(name, carrying, quotient, key):
    assert meaning(name, carrying, quotient) == key


def test_a_bias_is_no_factor():
    a, b, c = (torch.ones(1) * i for i in range(3))
    for name in ("linear", "conv2d"):
        assert [t for t in factors(name, (a, b, c), {}) if t is not None] == [a, b]
        assert [t for t in factors(name, (), {"input": a, "weight": b, "bias": c}) if t is not None] == [a, b]
    assert list(factors("addmm", (a, b, c), {})) == [b, c]
    assert factors("mul", (a, b), {"out": c}) == ((a, b), {"out": c})


def test_names_exist_or_not():
    assert all(map(exists, ["relu", "erf", "scaled_dot_product_attention", "product", "shift", "batch_statistics"]))
    assert not any(map(exists, ["gelo", "ReLU", "", "vitrail"]))
    assert READING.keys() <= KNOWN


def test_no_operation_is_of_two_kinds_that_exclude_each_other():
    kinds = [
        operations.MOVING,
        operations.ELEMENTWISE,
        operations.CONVOLUTIONS,
        operations.DENSE,
        operations.AVERAGES,
        operations.SUMS,
        operations.SCALINGS,
        operations.LARGEST,
        operations.NORMS,
        operations.SOFTMAX,
        operations.ATTENTION,
    ]
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))
