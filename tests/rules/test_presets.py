"""Which rule goes where: each preset against networks where only that rule gives the answer."""

import pytest
import torch
from torch import nn

import matrices
from known import normal, seeded
from matrices import handed_back, matrix, twin
from vitrail import rules
from vitrail.errors import BadSetting
from vitrail.rules.presets import table_or_name

close = torch.testing.assert_close
BY = 1e-3

#: preset -> what a convolution, a dense layer and the first layer go by
ROWS = {
    "epsilon": (matrices.epsilon(BY), matrices.epsilon(BY), None),
    "epsilon-plus": (matrices.z_plus, matrices.epsilon(BY), None),
    "epsilon-plus-flat": (matrices.z_plus, matrices.epsilon(BY), matrices.flat),
    "epsilon-alpha2-beta1": (matrices.alpha_beta(2, 1), matrices.epsilon(BY), None),
    "epsilon-alpha2-beta1-flat": (matrices.alpha_beta(2, 1), matrices.epsilon(BY), matrices.flat),
    "epsilon-gamma-box": (matrices.signed_gamma(0.5), matrices.epsilon(BY), matrices.z_box(-5.0, 6.0)),
}


def table(name):
    return rules.preset(name, BY if name != "epsilon-gamma-box" else 1e-9, 0.5, -5.0, 6.0)


def test_every_preset_is_known_by_its_rows():
    assert tuple(ROWS) == rules.PRESETS
    for name in rules.PRESETS:
        assert rules.preset(name).name == name


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("second", ["convolution", "dense"])
@pytest.mark.parametrize("first", ["convolution", "dense"])
def test_a_preset_puts_its_rules_where_they_belong(first, second, name):
    """Two layers: the relevance between them by one twin, that of x by another."""
    made = {"convolution": lambda: nn.Conv1d(1, 1, 2), "dense": lambda: nn.Linear(5, 4)}
    one = seeded(made[first](), 1)
    two = seeded(nn.Conv1d(1, 2, 2) if second == "convolution" else nn.Linear(4, 3), 2)
    x = normal(1, 1, 5, seed=3)
    with torch.no_grad():
        h = one(x)
        r = normal(*two(h).shape, seed=4)
    convolution, dense, start = ROWS[name]
    dense = dense if name != "epsilon-gamma-box" else matrices.epsilon(1e-9)
    share = {"convolution": convolution, "dense": dense}
    between = twin(h.flatten(), *matrix(two, h), r.flatten(), share[second])
    expected = twin(x.flatten(), *matrix(one, x), between, start or share[first])
    assert expected.abs().max() > 1e-3
    close(handed_back(nn.Sequential(one, two), x, r, table(name)).flatten(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("epsilonplus", "preset='epsilonplus' is not known. Did you mean 'epsilon-plus'"),
        ("Epsilon-Plus-Flat", "Did you mean 'epsilon-plus-flat'"),
        ("zennit", "Presets are: epsilon, epsilon-plus, "),
    ],
)
def test_an_unknown_preset_is_refused(name, words):
    for ask in (rules.preset, table_or_name):
        with pytest.raises(BadSetting) as told:
            ask(name)
        assert words in str(told.value)
        assert told.value.facts == {"setting": "preset", "value": name}


def test_a_table_or_a_name_is_what_a_setting_holds():
    assert table_or_name(rules.EPSILON) is rules.EPSILON
    assert table_or_name("epsilon") == "epsilon"
    with pytest.raises(BadSetting, match="is a NoneType.*cannot be read from JSON"):
        table_or_name(None)
