"""Networks with several inputs: values for every floating part in its own shape, whole numbers handed through."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

import vitrail
from known import normal, seeded
from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.several import background
from vitrail.model.keras import on_torch


class Two(nn.Module):
    """A picture, a row of columns, and a code that chooses a scale: f = scale[code] * (a . picture) * (b . row)."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.zeros(2, 3, 4)), nn.Parameter(torch.zeros(5))
        self.scale = nn.Embedding(3, 1)

    def forward(self, picture, row, code):
        scale = self.scale(code.reshape(-1))[:, 0]
        return (scale * (picture * self.a).sum((1, 2, 3)) * (row @ self.b))[:, None]


NET = seeded(Two(), 7)
PICTURE, ROW, CODE = normal(3, 2, 3, 4, seed=1).numpy(), normal(3, 5, seed=2).numpy(), np.array([2, 0, 1])
TUPLE = (PICTURE, ROW, CODE)
DICT = {"row": ROW, "code": CODE, "picture": PICTURE}


def by_hand(net=NET, baseline=0.0):
    """The gradients in closed form."""
    a, b, scale = (p.detach().numpy() for p in (net.a, net.b, net.scale.weight))
    s, u, v = scale[CODE, 0], (PICTURE * a).sum((1, 2, 3)), ROW @ b
    return (s * v)[:, None, None, None] * a, (s * u)[:, None] * b


def test_a_tuple_gets_a_tuple():
    answer = vitrail.explain(vitrail.open(NET), TUPLE, "gradient", 0)
    assert isinstance(answer.values, tuple)
    for got, expected in zip(answer.values, by_hand(), strict=True):
        assert np.abs(expected).max() > 0.1
        assert_allclose(got, expected, rtol=1e-12)
    assert answer.axes["values/0"] == ("batch", "channel", "height", "width")
    assert answer.axes["values/1"] == ("batch", "feature")
    assert answer.arrays["input"].shape == (3, 29)


def test_a_dict_gets_a_dict_by_name():
    answer = vitrail.explain(vitrail.open(NET), DICT, "gradient", 0)
    assert list(answer.values) == ["row", "picture"]
    assert_allclose(answer.values["picture"], by_hand()[0], rtol=1e-12)
    assert_allclose(answer.values["row"], by_hand()[1], rtol=1e-12)


@pytest.mark.parametrize("method", ["integrated-gradients", "feature-ablation", "smoothgrad", "occlusion"])
def test_tuple_and_dict_agree_and_a_batch_is_one_by_one(method):
    model = vitrail.open(NET)
    batch = vitrail.explain(model, TUPLE, method, 0)
    named = vitrail.explain(model, {"picture": PICTURE, "row": ROW, "code": CODE}, method, 0)
    for i, name in enumerate(("picture", "row")):
        assert_allclose(named.values[name], batch.values[i], rtol=1e-12)
        for row in range(3):
            single = vitrail.explain(model, tuple(part[row : row + 1] for part in TUPLE), method, 0)
            assert_allclose(single.values[i][0], batch.values[i][row], rtol=1e-9, atol=1e-12)


def test_integrated_gradients_are_complete_over_both_parts():
    answer = vitrail.explain(vitrail.open(NET), TUPLE, target=0)
    total = sum(part.reshape(3, -1).sum(1) for part in answer.values)
    assert_allclose(total, NET(*map(torch.tensor, TUPLE))[:, 0].detach().numpy(), rtol=1e-9)


def test_codes_make_the_hash_of_the_input():
    model = vitrail.open(NET)
    one = vitrail.explain(model, TUPLE, "gradient", 0).provenance["input"]
    other = vitrail.explain(model, (PICTURE, ROW, CODE[::-1]), "gradient", 0).provenance["input"]
    assert one != other


def test_one_number_for_each_example():
    net = seeded(type("Net", (Two,), {"forward": lambda s, row, age: (row @ s.b * age)[:, None]})())
    age = np.array([1.0, 2.0, 3.0])
    answer = vitrail.explain(vitrail.open(net), (ROW, age), "gradient", 0)
    assert_allclose(answer.values[1], ROW @ net.b.detach().numpy(), rtol=1e-12)
    assert answer.axes["values/1"] == ("batch",)


def test_types_of_the_parts_are_kept_for_a_function():
    seen = []

    def net(one, two):
        seen.append((one.dtype, two.dtype))
        return one.sum(1, keepdims=True) + two.sum(1, keepdims=True)

    vitrail.explain(vitrail.open(net), (ROW.astype(np.float32), ROW), "feature-ablation", 0)
    assert set(seen) == {(np.dtype("f4"), np.dtype("f8"))}


# -- baselines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "baseline",
    [
        (np.zeros((2, 3, 4)), np.ones(5)),
        (0.0, 1.0),
        (0, np.ones((1, 5))),
        {"1": torch.ones(5), "0": 0.0},
        (np.zeros((1, 2, 3, 4)), [1.0] * 5, CODE),
        (0.0, 1.0, None),
    ],
    ids=["examples", "numbers", "mixed", "named", "code too", "nothing for the code"],
)
def test_a_baseline_for_each_part(baseline):
    answer = vitrail.explain(vitrail.open(NET), TUPLE, target=0, baseline=baseline)
    a, b, scale = (p.detach().numpy() for p in (NET.a, NET.b, NET.scale.weight))
    s, u, v = scale[CODE, 0], (PICTURE * a).sum((1, 2, 3)), ROW @ b
    # along the path f = s * (t u) * (v0 + t (v - v0)): the picture gets s u (v0 + v) / 2, the row s u (v - v0) / 2
    assert_allclose(answer.values[0].sum((1, 2, 3)), s * u * (b.sum() + v) / 2, rtol=1e-9)
    assert_allclose(answer.values[1].sum(1), s * u * (v - b.sum()) / 2, rtol=1e-9)


@pytest.mark.parametrize("place", ["keyword", "mapping", "inside", "instance", "instance inside"])
def test_a_baseline_for_each_part_wherever_it_is_said(place):
    model, pair = vitrail.open(NET), (0.0, 1.0)
    expected = vitrail.explain(model, TUPLE, target=0, baseline=pair, steps=5).values
    settings = {"steps": 5, "baseline": pair}
    inner = {"method": "integrated-gradients", **settings}
    method = {
        "keyword": ("integrated-gradients", settings),
        "mapping": (inner, {}),
        "inside": ("smoothgrad", {"of": inner, "std": 0.0, "samples": 1}),
        "instance": (vitrail.IntegratedGradients(**settings), {}),
        "instance inside": (vitrail.SmoothGrad(of=vitrail.IntegratedGradients(**settings), std=0.0, samples=1), {}),
    }[place]
    answer = vitrail.explain(model, TUPLE, method[0], 0, **method[1])
    for got, wanted in zip(answer.values, expected, strict=True):
        assert_allclose(got, wanted, rtol=1e-12)


def test_backgrounds_of_several_examples():
    rows = background((np.zeros((4, 2, 3, 4)), np.arange(5.0)), TUPLE)
    assert rows.shape == (4, 29)
    assert_allclose(rows[:, 24:], [np.arange(5.0)] * 4)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((0.0,), r"has the parts 0, and x has 0, 1, 2"),
        ((0.0, 1.0, 2, 3), r"has the parts 0, 1, 2, 3"),
        ((0.0, np.ones(4)), r"input '1' has shape \(4,\), and an example \(5,\)"),
        ((np.ones((1, 1, 2, 3, 4)), 0.0), r"input '0' has shape"),
    ],
)
def test_baselines_that_do_not_fit(wrong, words):
    with pytest.raises(BadSetting, match=words):
        vitrail.explain(vitrail.open(NET), TUPLE, target=0, baseline=wrong)


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ((PICTURE, ROW[:2], CODE), r"differ in their number of examples: .*'1': 2"),
        ((CODE, CODE), "none of the inputs holds floating numbers"),
        ((PICTURE, np.where(ROW > 1, np.nan, ROW), CODE), "input '1' holds"),
        ({"picture": PICTURE, "rwo": ROW, "code": CODE}, r"no input named 'rwo'\. Did you mean 'row'\? .*picture, row"),
        ({"picture": PICTURE, "row": ROW}, "missing 1 required positional argument: 'code'"),
        ((PICTURE, ROW[:, :3], CODE), "cannot take"),
        ((PICTURE, "word", CODE), "input '1' is of type"),
        ({}, "none of the inputs"),
        ((), "none of the inputs"),
    ],
    ids="lengths codes nan name missing shape text nothing empty".split(),
)
def test_parts_that_do_not_fit(x, words):
    with pytest.raises(BadInput, match=words):
        vitrail.explain(vitrail.open(NET), x)


# -- Keras -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras_net():
    keras = on_torch()
    one, two = keras.Input((3,), name="one"), keras.Input((2,), name="two")
    return keras.Model([one, two], keras.layers.Dense(1)(keras.layers.Concatenate()([one, two])))


def test_keras_takes_a_tuple_and_a_dict(keras_net):
    weights = keras_net.get_weights()[0][:, 0]
    one, two = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    model = vitrail.open(keras_net)
    pair = vitrail.explain(model, (one, two), "gradient", 0).values
    named = vitrail.explain(model, {"two": two, "one": one}, "gradient", 0).values
    for got in (pair, (named["one"], named["two"])):
        assert_allclose(got[0], [weights[:3]] * 4, rtol=1e-6)
        assert_allclose(got[1], [weights[3:]] * 4, rtol=1e-6)
    with pytest.raises(BadInput, match=r"no input named 'tow'\. Did you mean 'two'\? Its inputs are: one, two"):
        vitrail.explain(model, {"one": one, "tow": two})
