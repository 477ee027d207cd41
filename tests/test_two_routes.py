"""Two routes, one answer: torch = Keras, a file = the live model, a batch = one by one, modules = functions."""

from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

import vitrail
from known import attends, grows, normal
from vitrail.model.keras import on_torch

SETTINGS = {
    "exact-shapley": {"patch": 4},
    "smoothgrad": {"samples": 4},
    "vargrad": {"samples": 4},
    "squaregrad": {"samples": 4},
    "expected-gradients": {"samples": 4, "baseline": 0.25},
    "deep-shap": {"baseline": 0.25},
    "integrated-gradients": {"steps": 6},
    "idgi": {"steps": 6},
    "layer-conductance": {"steps": 6},
}
#: the noise of these is drawn in the layout of x, and so cannot be the same in another: they wrap it without noise
NOISY = {"smoothgrad": {"std": 0.0}, "vargrad": {"std": 0.0}, "squaregrad": {"std": 0.0}}
PICTURE_ONLY = {"forgrad", "fullgrad", *(name for name in vitrail.METHODS if "cam" in name)}
#: those on attention take the same two routes, on transformers, in methods/attention; those on trees read no network
METHODS = [name for name in vitrail.METHODS if not (attends(name) or grows(name))]
PICTURES = normal(3, 2, 8, 7, seed=1)
ROWS = normal(3, 5, seed=1)
TARGET = [0, 2, 1]


def settings(method, **more):
    return SETTINGS.get(method, {}) | more


def explained(model, x, method, **more):
    return vitrail.explain(model, x, method, TARGET, **settings(method, **more))


def gap(answer):
    """How far the values are from adding up, to a change or to the target itself."""
    return answer.checks.get("completeness_gap", answer.checks.get("conservation_gap"))


def tensors(*shapes, seed=3):
    return [0.5 * normal(*shape, seed=seed + i).float() for i, shape in enumerate(shapes)]


# -- a small CNN and an MLP, in torch and in Keras, with the same weights ----------------------------------


class Cnn(nn.Module):
    def __init__(self, inplace=False):
        super().__init__()
        self.one, self.two = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 5, 3)
        self.first, self.second = nn.ReLU(inplace), nn.ReLU(inplace)
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        x = self.first(self.one(x))
        return self.head(self.second(self.two(x)).mean((2, 3)))


class Functions(Cnn):
    """The same, its ReLUs and convolutions as functions."""

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.one.weight, self.one.bias))
        x = F.relu(F.conv2d(x, self.two.weight, self.two.bias))
        return F.linear(x.mean((2, 3)), self.head.weight, self.head.bias)


class Reused(Cnn):
    """The same, with one ReLU in place that runs twice."""

    def forward(self, x):
        relu = self.first
        return self.head(relu(self.two(relu(self.one(x)))).mean((2, 3)))


def weighted(net):
    shapes = [p.shape for p in net.parameters()]
    for parameter, value in zip(net.parameters(), tensors(*shapes), strict=True):
        parameter.data = value
    return net.eval()


def mlp():
    return weighted(nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3)))


@cache
def in_keras(kind):
    keras = on_torch()
    layers = keras.layers
    if kind == "cnn":
        net = keras.Sequential(
            [
                keras.Input((8, 7, 2)),
                layers.Conv2D(4, 3, name="one"),
                layers.ReLU(name="first"),
                layers.Conv2D(5, 3, name="two"),
                layers.ReLU(name="second"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(3),
            ]
        )
        own = [p.detach().numpy() for p in weighted(Cnn()).parameters()]
        net.set_weights([own[0].transpose(2, 3, 1, 0), own[1], own[2].transpose(2, 3, 1, 0), own[3], own[4].T, own[5]])
        return net
    net = keras.Sequential([keras.Input((5,)), layers.Dense(6, "tanh", name="hidden"), layers.Dense(3)])
    own = [p.detach().numpy() for p in mlp().parameters()]
    net.set_weights([own[0].T, own[1], own[2].T, own[3]])
    return net


def moved(answer, name="values"):
    """An array with its channels first, whatever the layout of x was."""
    array, axes = answer.arrays[name], answer.axes[name]
    return np.moveaxis(array, axes.index("channel"), 1) if "channel" in axes else array


@pytest.mark.parametrize("method", METHODS)
def test_torch_and_keras_agree_on_pictures(method):
    layer = {"layer": "second"} if "layer" in vitrail.METHODS[method].__dataclass_fields__ else {}
    more = layer | NOISY.get(method, {})
    one = explained(vitrail.open(weighted(Cnn())), PICTURES, method, **more)
    other = explained(vitrail.open(in_keras("cnn")), PICTURES.movedim(1, -1), method, **more)
    assert method == "vargrad" or np.abs(one.values).max() > 1e-3
    assert_allclose(moved(other), moved(one), rtol=1e-3, atol=1e-5)
    assert_allclose(other.outputs, one.outputs, rtol=1e-4, atol=1e-5)
    assert_allclose(gap(other), gap(one), rtol=1e-2, atol=1e-4)
    assert other.checks["evaluations"] == one.checks["evaluations"]


@pytest.mark.parametrize("method", sorted(set(METHODS) - PICTURE_ONLY))
def test_torch_and_keras_agree_on_columns(method):
    fields = vitrail.METHODS[method].__dataclass_fields__
    layers = [{"layer": "1"}, {"layer": "hidden"}] if "layer" in fields else [{}, {}]
    one = explained(vitrail.open(mlp()), ROWS, method, **layers[0])
    other = explained(vitrail.open(in_keras("mlp")), ROWS, method, **layers[1])
    assert np.abs(one.values).max() > 1e-4
    assert_allclose(other.values, one.values, rtol=1e-3, atol=1e-5)


# -- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cnn", "mlp"])
def test_a_keras_file_is_the_live_model(kind, tmp_path):
    in_keras(kind).save(tmp_path / "net.keras")
    live, file = vitrail.open(in_keras(kind)), vitrail.open(tmp_path / "net.keras")
    x = PICTURES.movedim(1, -1) if kind == "cnn" else ROWS
    for method in ("integrated-gradients", "occlusion", "layer-activation"):
        assert_array_equal(explained(file, x, method).values, explained(live, x, method).values)
    hashes = [explained(model, x, "gradient").provenance["model"]["weights"] for model in (live, file)]
    assert all(hashes)


def test_an_exported_program_is_the_module(tmp_path):
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.export.export(weighted(Cnn()), (PICTURES.float(),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    live, file = vitrail.open(weighted(Cnn())), vitrail.open(tmp_path / "net.pt2")
    for method in ("gradient", "integrated-gradients", "smoothgrad", "occlusion", "feature-ablation"):
        one, other = explained(live, PICTURES, method), explained(file, PICTURES, method)
        assert_allclose(other.values, one.values, rtol=1e-4, atol=1e-6)


# -- batches, and answers on disk --------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_is_one_by_one(method):
    model = vitrail.open(weighted(Cnn()).double())
    batch = explained(model, PICTURES, method)
    assert np.abs(batch.values).max() > 0
    for i in range(3):
        single = vitrail.explain(model, PICTURES[i : i + 1], method, TARGET[i], **settings(method))
        assert_allclose(single.values[0], batch.values[i], rtol=1e-6, atol=1e-10)
        assert_allclose(single.outputs[0], batch.outputs[i], rtol=1e-9)
        assert_allclose(gap(single)[0], gap(batch)[i], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_saved_is_loaded(kind, tmp_path):
    x = PICTURES if kind == "torch" else PICTURES.movedim(1, -1)
    answer = explained(vitrail.open(weighted(Cnn()) if kind == "torch" else in_keras("cnn")), x, "smoothgrad")
    back = vitrail.load(answer.save(tmp_path / "answer"))
    for name in answer.arrays:
        assert_array_equal(back.arrays[name], answer.arrays[name], strict=True)
    assert back.provenance == answer.provenance
    assert back.axes == answer.axes


# -- modules and functions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [Functions, Reused], ids=["functions", "one relu in place"])
def test_modules_and_functions_agree(method, kind):
    plain = vitrail.open(weighted(Cnn()).double())
    net = weighted(kind(inplace=True)).double()
    other = vitrail.open(net)
    layers = [{}, {}]
    if "layer" in vitrail.METHODS[method].__dataclass_fields__:
        layers = [{"layer": "second"}, {"layer": "/relu#2" if kind is Functions else "first#2"}]
    one = explained(plain, PICTURES, method, **layers[0])
    again = explained(other, PICTURES, method, **layers[1])
    assert np.abs(one.values).max() > 0
    assert_allclose(again.values, one.values, rtol=1e-7, atol=1e-11)
    assert again.checks["evaluations"] == one.checks["evaluations"]


# -- a function and a module -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["occlusion", "feature-ablation"])
def test_a_plain_function_is_the_module(method):
    net = weighted(Cnn()).double()
    function = vitrail.open(lambda x: net(torch.as_tensor(x)).detach().numpy())
    with torch.no_grad():
        assert_allclose(
            explained(function, PICTURES[:, :, :7, :7], method).values,
            explained(vitrail.open(net), PICTURES[:, :, :7, :7], method).values,
            rtol=1e-9,
        )
