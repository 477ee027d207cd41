import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vitrail import rules
from vitrail.errors import BadSetting
from vitrail.rules import CONSTANT, Table


def rule(call, inputs, relevance):
    return [relevance]


@pytest.mark.parametrize("key", ["relu", torch.relu, F.relu, torch.Tensor.relu, torch.Tensor.relu_, F.relu_])
def test_an_operation_goes_by_any_of_its_names(key):
    assert Table("mine", {key: rule}).rules == {"relu": rule}
    assert (rules.EPSILON | {key: rule}).entry("relu", False) is rule


def test_a_table_with_more_is_another_table():
    more = rules.EPSILON | {"erf": rule, "relu": CONSTANT}
    assert (more.entry("erf", False), more.entry("relu", True)) == (rule, CONSTANT)
    assert rules.EPSILON.entry("erf", False) is None
    assert rules.EPSILON.entry("relu", False) is rules.through
    assert more.name == "epsilon"
    with pytest.raises(TypeError):
        more.rules["sin"] = rule


def test_the_first_weights_have_rules_of_their_own():
    table = Table("mine", {"linear": rule, "relu": rule}, first={"linear": rules.flat})
    assert table.entry("linear", True) is rules.flat
    assert table.entry("linear", False) is rule
    assert table.entry("relu", True) is rule
    assert (table | {"relu": CONSTANT}).entry("linear", True) is rules.flat


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("gelo", "there is no operation 'gelo'. Did you mean 'gelu'?"),
        ("prodct", "Did you mean 'product'"),
        ("nn.Linear", "there is no operation 'nn.Linear'"),
        (nn.ReLU, r"ReLU is a class of layers. Rules are kept by operation, .*\{'relu': rule\}"),
        (nn.Conv2d, "'conv2d': rule"),
        (nn.ReLU(), "there is no operation 'ReLU'"),
        (3, "there is no operation 3"),
    ],
    ids=str,
)
def test_what_is_no_operation_is_refused(key, words):
    with pytest.raises(BadSetting, match=words):
        rules.EPSILON | {key: rule}
    with pytest.raises(BadSetting, match=words):
        Table("mine", first={key: rule})


def test_a_refusal_lists_a_few_rules_and_says_what_to_do():
    error = rules.EPSILON.refused("product", "block.1", "block.1/mul#2")
    message = str(error)
    assert message.startswith(
        "epsilon has no rule for product (a product of two activations), used in block.1 (block.1/mul#2)."
    )
    assert f"rules for {len(rules.EPSILON.rules)} operations: adaptive_avg_pool1d, " in message
    assert message.count(", ") < 20
    assert "Or add one: rules | {'product': vitrail.rules.through}." in message
    assert error.facts == {"operation": "product", "place": "block.1", "site": "block.1/mul#2"}
    assert "used in the network itself (/erf#1). It has rules for 1 operations: relu. Add one" in str(
        Table("mine", {"relu": rule}).refused("erf", "", "/erf#1")
    )


def test_what_is_written_down_of_a_table():
    assert Table("mine", {"sin": rule, "relu": rule}).as_json() == {"table": "mine", "operations": ["relu", "sin"]}


@pytest.mark.parametrize(
    ("table", "nothing"),
    [
        (Table("t", otherwise="gradient"), True),
        (Table("t"), False),
        (Table("t", {"relu": CONSTANT}, otherwise="gradient"), False),
        (Table("t", first={"relu": CONSTANT}, otherwise="gradient"), False),
    ],
)
def test_a_table_says_nothing_when_all_goes_back_by_gradients(table, nothing):
    assert table.says_nothing is nothing
