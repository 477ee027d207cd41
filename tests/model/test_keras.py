"""Live Keras models. Files are in test_keras_files.py."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import vitrail
from vitrail.errors import CannotOpen
from vitrail.model.keras import KerasNetwork, on_torch

keras = on_torch()


@pytest.fixture(autouse=True)
def _float64():
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(3)
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


@pytest.fixture
def photo():
    return np.random.default_rng(0).normal(size=(3, 6, 5, 2))


def sequential(last="softmax"):
    return keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            keras.layers.Conv2D(3, 3, activation="relu", name="conv"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.5, name="drop"),
            keras.layers.GlobalAveragePooling2D(name="pool"),
            keras.layers.Dense(4, activation=last, name="head"),
        ]
    )


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(4, activation="tanh")
        self.second = keras.layers.Dense(3)

    def call(self, x):
        return self.second(self.first(x))


class Apart(Own):
    def call(self, a, b, training=False):
        return self.second(self.first(a)) * b


def said(model, x):
    with torch.no_grad():
        return model(x, training=False)


# -- opening -----------------------------------------------------------------------------------------------


def test_a_sequential_model_gives_its_own_output_to_the_last_bit(photo, same):
    own = sequential()
    model = vitrail.open(own)
    same(model(photo), said(own, photo))
    assert (model.network.framework, model.network.dtype) == ("keras", torch.float64)
    assert model.network.input_shape() == (6, 5, 2)
    assert model.network.axes((1, 6, 5, 2)) == ("batch", "height", "width", "channel")


def test_a_functional_model_takes_several_inputs_by_place_and_by_name(same):
    a, b = keras.Input((3,), name="a"), keras.Input((2, 2), name="b")
    h = keras.layers.Concatenate()([keras.layers.Dense(4, activation="tanh")(a), keras.layers.Flatten()(b)])
    out = keras.layers.Dense(2)(h)
    x, y = np.random.default_rng(0).normal(size=(5, 3)), np.random.default_rng(1).normal(size=(5, 2, 2))
    listed, named = keras.Model([a, b], out), keras.Model({"a": a, "b": b}, out)
    expected = said(listed, [x, y])
    same(vitrail.open(listed)((x, y)), expected)
    same(vitrail.open(named)({"b": y, "a": x}), expected)
    answer = vitrail.explain(vitrail.open(named), {"a": x, "b": y}, "gradient", 1)
    tensors = [torch.as_tensor(v).requires_grad_() for v in (x, y)]
    gradients = torch.autograd.grad(listed(tensors, training=False)[:, 1].sum(), tensors)
    torch.testing.assert_close(torch.as_tensor(answer.arrays["values/a"]), gradients[0])
    torch.testing.assert_close(torch.as_tensor(answer.arrays["values/b"]), gradients[1])


def test_a_subclassed_model_is_opened_once_built(same):
    own, x = Own(), np.random.default_rng(0).normal(size=(5, 3))
    with pytest.raises(CannotOpen, match=r"not built.*model\.build"):
        vitrail.open(own)
    own(x)
    model = vitrail.open(own)
    same(model(x), said(own, x))
    assert model.layers.names[0].startswith("dense")


def test_a_model_whose_call_takes_its_inputs_one_by_one(same):
    own, x, y = Apart(), np.random.default_rng(0).normal(size=(5, 3)), np.full((5, 1), 2.0)
    expected = own(x, y).detach()
    model = vitrail.open(own)
    same(model((x, y)), expected)
    same(model({"b": y, "a": x}), expected)


def test_a_layer_alone_is_a_network(same):
    layer, x = keras.layers.Dense(2), np.ones((2, 3))
    layer.build((None, 3))
    same(vitrail.open(layer)(x), said(layer, x))


def test_dropout_sleeps_and_batch_norm_does_not_learn(photo, same):
    own = sequential()
    model = vitrail.open(own)
    before = {v.path: v.value.clone() for v in own.variables}
    same(model(photo), model(photo))
    vitrail.explain(model, photo, "integrated-gradients", 1, steps=20)
    for variable in own.variables:
        same(variable.value, before[variable.path])


def test_variables_of_one_name_are_all_weights():
    class Twice(keras.layers.Layer):
        def build(self, shape):
            self.a = self.add_weight(shape=(2,), name="w")
            self.b = self.add_weight(shape=(3,), name="w")

        def call(self, x):
            return x

    layer = Twice()
    layer.build((None, 1))
    assert sorted(len(w) for w in KerasNetwork(layer).weights().values()) == [2, 3]


# -- layers ------------------------------------------------------------------------------------------------


def test_channels_are_last_in_keras(photo):
    layers = vitrail.open(sequential()).layers
    assert layers.names == ["conv", "norm", "drop", "pool", "head"]
    axes = {layer.name: (layer.shape, layer.channel_axis, layer.spatial) for layer in layers}
    assert axes["conv"] == ((1, 4, 3, 3), 3, (1, 2))
    assert axes["norm"] == ((1, 4, 3, 3), 3, (1, 2))
    assert axes["pool"] == ((1, 3), 1, ())
    assert axes["head"] == ((1, 4), 1, ())
    assert layers["conv"].parameters == 2 * 3 * 9 + 3
    assert layers["norm"].parameters == 4 * 3


def test_channels_first_where_a_layer_says_so():
    own = keras.Sequential([keras.Input((2, 6, 6)), keras.layers.Conv2D(3, 3, data_format="channels_first")])
    model = vitrail.open(own)
    assert model.layers[0].channel_axis == 1
    assert model.network.axes((1, 2, 6, 6)) == ("batch", "channel", "height", "width")


def test_a_reused_layer_has_a_name_for_each_call(photo, same):
    shared, x = keras.layers.Dense(3, name="shared"), np.random.default_rng(0).normal(size=(4, 3))
    entry = keras.Input((3,))
    first = shared(entry)
    own = keras.Model(entry, shared(keras.ops.tanh(first)))
    model = vitrail.open(own)
    assert {"shared#1", "shared#2"} <= set(model.layers.names)
    kept = model.trace(x, keep=["shared#1", "shared#2"]).layers
    once = said(shared, x)
    same(kept["shared#1"], once)
    same(kept["shared#2"], said(shared, torch.tanh(once)))


def test_nested_models_have_paths_and_taps_that_work(photo, same):
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="deep")], name="inner")
    own = keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(2, name="top")])
    x = np.random.default_rng(0).normal(size=(4, 3))
    model = vitrail.open(own)
    assert model.layers.names == ["inner.deep", "inner", "top"]
    changed = model.trace(x, keep=["inner.deep"], edit={"inner": lambda h: h * 0 + 1})
    same(changed.layers["inner.deep"], said(inner, x))
    same(changed.output, said(own.layers[-1], torch.ones(4, 3, dtype=torch.float64)))


def test_kept_edited_and_stopped_as_in_torch(photo):
    own = sequential()
    model = vitrail.open(own)

    def silence(value):
        value = value.clone()
        value[..., 1] = 0
        return value

    x = torch.as_tensor(photo)
    middle = said(own.get_layer("conv"), x)
    silent = own.get_layer("pool")(own.get_layer("norm")(silence(middle), training=False))
    trace = model.trace(photo, keep=["conv"], edit={"conv": silence})
    torch.testing.assert_close(trace.layers["conv"], silence(middle).detach())
    torch.testing.assert_close(trace.output, said(own.get_layer("head"), silent))
    leaf = middle.clone().requires_grad_()
    logits = own.get_layer("pool")(own.get_layer("norm")(leaf, training=False)) @ own.get_layer("head").kernel.value
    (by_hand,) = torch.autograd.grad(logits[:, 2].sum(), leaf)
    activation, gradient = model.gradient(photo, vitrail.Output(2), layer="conv")
    torch.testing.assert_close(activation, middle)
    torch.testing.assert_close(gradient, by_hand)


def test_an_unknown_layer_is_refused_with_near_names(photo):
    with pytest.raises(vitrail.VitrailError, match="no layer named 'cov'.*Did you mean 'conv'"):
        vitrail.open(sequential()).trace(photo, keep=["cov"])


# -- the final squashing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["argument", "layer", "Activation", "reshaped"])
@pytest.mark.parametrize("name", ["softmax", "sigmoid", "log_softmax"])
def test_a_final_squashing_is_stepped_over(way, name):
    x = torch.randn(4, 3, dtype=torch.float64)
    dense = keras.layers.Dense(2, name="logits", activation=name if way == "argument" else None)
    last = {
        "argument": [],
        "layer": [keras.layers.Softmax() if name == "softmax" else keras.layers.Activation(name)],
        "Activation": [keras.layers.Activation(name)],
        "reshaped": [keras.layers.Activation(name), keras.layers.Reshape((1, 2)), keras.layers.Flatten()],
    }[way]
    own = keras.Sequential([keras.Input((3,)), dense, *last])
    logits = (x @ dense.kernel.value + dense.bias.value).detach()
    trace = vitrail.open(own).trace(x)
    squash = {"softmax": F.softmax, "log_softmax": F.log_softmax, "sigmoid": lambda a, _: a.sigmoid()}[name]
    torch.testing.assert_close(trace.logits, logits)
    torch.testing.assert_close(trace.output, squash(logits, 1))


# -- state -------------------------------------------------------------------------------------------------


def test_layers_are_left_as_found_also_after_a_failure(photo):
    own = sequential()
    frozen = own.get_layer("conv").kernel
    frozen.value.requires_grad_(False)
    asking = {v.path: v.value.requires_grad for v in own.variables}
    assert len(set(asking.values())) == 2
    model = vitrail.open(own)

    def fail(value):
        raise RuntimeError("on purpose")

    vitrail.explain(model, photo, "layer-activation", 1, layer="conv")
    with pytest.raises(vitrail.VitrailError, match="on purpose"):
        model.trace(photo, edit={"norm": fail})
    for layer in own._flatten_layers():
        assert "call" not in layer.__dict__
    assert {v.path: v.value.requires_grad for v in own.variables} == asking
    assert all(v.value.grad is None for v in own.variables)


def test_a_call_that_a_user_has_put_in_place_stays(photo):
    own = sequential()
    layer, calls = own.get_layer("pool"), []
    layer.call = lambda x: calls.append(1) or x.mean((1, 2))
    mine = layer.call
    vitrail.open(own).trace(photo, keep=["pool"])
    assert layer.call is mine
    assert calls
