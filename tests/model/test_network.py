from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch

from vitrail.model.network import declared_axes, first_line, first_tensor, with_first_tensor

A, B, NEW = torch.zeros(1), torch.ones(2), torch.full((3,), 2.0)
Pair = namedtuple("Pair", "name value")


@dataclass
class Fields(OrderedDict):
    """As transformers gives its answers."""

    def __init__(self, **fields):
        super().__init__(fields)


@pytest.mark.parametrize(
    "value", [A, (A, B), [None, [A]], {"a": "text", "b": (A,)}, Pair("x", A), Fields(loss=None, logits=A), (1, {}, A)]
)
def test_the_first_tensor_is_found_and_replaced_in_its_structure(value):
    assert first_tensor(value) is A
    changed = with_first_tensor(value, NEW)
    assert type(changed) is type(value)
    assert first_tensor(changed) is NEW
    back = with_first_tensor(changed, A)
    assert str(back) == str(value)


def test_the_rest_of_a_structure_stays():
    assert with_first_tensor((None, A, B), NEW)[2] is B
    assert with_first_tensor({"a": 1, "b": A, "c": B}, NEW)["c"] is B


@pytest.mark.parametrize("value", [None, 3, "text", (), {}, [None, {"a": ()}]])
def test_where_there_is_none_there_is_none(value):
    assert first_tensor(value) is None


def test_axes_by_rank():
    assert declared_axes((1, 2, 3, 4), True) == ("batch", "height", "width", "channel")
    assert declared_axes((1, 2, 3, 4), False) == ("batch", "channel", "height", "width")
    assert declared_axes((1, 2, 3), True) == ("batch", "step", "feature")
    assert declared_axes((1, 2, 3), False) == ("batch", "channel", "step")
    assert declared_axes((1, 2), False) == ("batch", "feature")
    assert declared_axes((1, 2, 3, 4, 5), False) == ("batch", "feature", "feature", "feature", "feature")


def test_an_error_on_one_line():
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(KeyError()) == "KeyError"
