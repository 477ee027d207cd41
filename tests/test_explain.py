"""The verb: its contract word for word, the checks it measures, what it writes down and what it leaves alone."""

import inspect
import random
import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

import vitrail
from known import Function, Squashed, attends, grows, normal, picture_nets, rectified, seeded, smooth, suited
from vitrail import Answer, IntegratedGradients, SmoothGrad
from vitrail.errors import BadInput, BadSetting, BadTarget, NetworkFailed, NoSuchMethod
from vitrail.target import Output

X = normal(4, 5, seed=1)


def rows_run(net, run) -> int:
    """How many examples went through the network, by a plain hook on it."""
    count = [0]
    handle = net.register_forward_pre_hook(lambda _, args: count.__setitem__(0, count[0] + len(args[0])))
    try:
        run()
    finally:
        handle.remove()
    return count[0]


# -- the contract ------------------------------------------------------------------------------------------


def test_names_and_arguments_are_the_contract():
    parameters = inspect.signature(vitrail.explain).parameters
    assert list(parameters) == ["model", "x", "method", "target", "speed", "progress", "settings"]
    assert parameters["method"].default == "integrated-gradients"
    assert parameters["target"].default == "predicted"
    assert [p.name for p in parameters.values() if p.kind == p.KEYWORD_ONLY] == ["speed", "progress"]
    assert parameters["settings"].kind == inspect.Parameter.VAR_KEYWORD
    assert list(inspect.signature(vitrail.open).parameters)[0] == "source"
    assert "path" in inspect.signature(vitrail.load).parameters


def test_the_example_of_the_design(tmp_path):
    model = vitrail.open(smooth())
    answer = vitrail.explain(model, X, "integrated-gradients", target=2, steps=32, baseline=0.0)
    typed = vitrail.explain(model, X, IntegratedGradients(steps=32), target=Output(2))
    assert_array_equal(answer.values, typed.values)
    assert isinstance(answer.values, np.ndarray)
    assert answer.values.shape == X.shape
    assert answer.checks["completeness_gap"].shape == (4,)
    assert isinstance(answer.checks["evaluations"], int)
    assert_allclose(answer.outputs, smooth()(X).detach().numpy())
    assert answer.target == {"target": "output", "index": 2, "of": "logit", "labels": ["2"] * 4}
    back = vitrail.load(answer.save(tmp_path / "answer"))
    assert_array_equal(back.values, answer.values)
    smoothed = vitrail.explain(model, X, "smoothgrad", target=2, seed=3, samples=2)
    assert smoothed.provenance["seed"] == 3


def test_by_name_by_mapping_and_by_instance():
    model = vitrail.open(smooth())
    one = vitrail.explain(model, X, "smoothgrad", of={"method": "integrated-gradients", "steps": 4}, samples=3)
    others = [
        vitrail.explain(model, X, {"method": "smoothgrad", "of": IntegratedGradients(4), "samples": 3}),
        vitrail.explain(model, X, {"method": "smoothgrad", "of": "gradient"}, of=IntegratedGradients(4), samples=3),
        vitrail.explain(model, X, SmoothGrad(of=IntegratedGradients(4), samples=3)),
        vitrail.explain(model, X, {"method": "smoothgrad", **one.provenance["settings"]}),
    ]
    for other in others:
        assert_array_equal(other.values, one.values)
        assert other.provenance["settings"] == one.provenance["settings"]
    assert one.provenance["settings"]["of"] == {
        "method": "integrated-gradients",
        "steps": 4,
        "baseline": 0.0,
        "tolerance": None,
        "libra": False,
    }


def test_settings_beside_an_instance_are_refused():
    with pytest.raises(BadSetting, match=r"settings steps were given beside IntegratedGradients\(\.\.\.\), which has"):
        vitrail.explain(vitrail.open(smooth()), X, IntegratedGradients(), steps=4)


def test_settings_of_an_instance_are_checked():
    with pytest.raises(BadSetting, match="steps=0 does not fit"):
        vitrail.explain(vitrail.open(smooth()), X, IntegratedGradients(steps=0))


@pytest.mark.parametrize("method", [3, None, IntegratedGradients, ["gradient"]])
def test_what_is_no_method_is_refused(method):
    with pytest.raises(BadSetting, match="is not a method"):
        vitrail.explain(vitrail.open(smooth()), X, method)


def test_what_is_no_model_is_refused():
    with pytest.raises(BadSetting, match=r"model is a Sequential\. .*vitrail\.open"):
        vitrail.explain(smooth(), X)


def test_an_unknown_speed_is_refused():
    with pytest.raises(BadSetting, match="speed='quick' is not known"):
        vitrail.explain(vitrail.open(smooth()), X, speed="quick")


# -- a stranger's method -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mine:
    """What a stranger may bring."""

    laws: ClassVar[frozenset[str]] = frozenset()
    give: object = None
    baseline: float = 0.0

    def __call__(self, model, x, target):
        return self.give(x)


def test_a_strangers_method_may_give_a_plain_tensor():
    answer = vitrail.explain(vitrail.open(smooth()), X, Mine(lambda x: x * 2), 0)
    assert_array_equal(answer.values, 2 * X.numpy())
    assert answer.kind == "attribution"
    assert answer.provenance["method"] == "Mine"
    change = smooth()(X)[:, 0] - smooth()(0 * X)[:, 0]
    assert_allclose(answer.checks["completeness_gap"], (2 * X.sum(1) - change).abs().detach().numpy(), rtol=1e-9)


def test_a_function_is_a_method_too():
    answer = vitrail.explain(vitrail.open(smooth()), X, lambda model, x, target: model.gradient(x, target), 0)
    assert_array_equal(answer.values, vitrail.explain(vitrail.open(smooth()), X, "gradient", 0).values)


def test_a_stranger_may_name_other_axes():
    answer = vitrail.explain(
        vitrail.open(smooth()), X, Mine(lambda x: Answer(x[:, :2], ("batch", "unit"), "activation")), 0
    )
    assert answer.kind == "activation"
    assert answer.axes["values"] == ("batch", "unit")
    assert np.isnan(answer.checks["completeness_gap"]).all()


@pytest.mark.parametrize(
    ("give", "words"),
    [
        (lambda x: x[:, :2], r"Mine returned values of shape \(4, 2\) for x of shape \(4, 5\)"),
        (lambda x: x[:2], r"returned values of shape \(2, 5\)"),
        (lambda x: x.sum(), r"returned values of shape \(\)"),
        (lambda x: Answer(x[:2], ("batch", "unit")), r"returned values of shape \(2, 5\)"),
        (lambda x: x.numpy(), r"returned a ndarray\. A torch tensor shaped like x"),
        (lambda x: None, "returned a NoneType"),
    ],
)
def test_a_stranger_who_gives_something_else_is_told(give, words):
    with pytest.raises(BadSetting, match=words):
        vitrail.explain(vitrail.open(smooth()), X, Mine(give), 0)


def test_a_strangers_axes_are_from_the_list():
    with pytest.raises(BadInput, match="Every axis needs one name"):
        vitrail.explain(vitrail.open(smooth()), X, Mine(lambda x: Answer(x, ("batch", "breadth"))), 0)


def test_a_strangers_mistakes_are_the_strangers():
    with pytest.raises(RuntimeError, match="shape"):
        vitrail.explain(vitrail.open(smooth()), X, Mine(lambda x: x.reshape(7)), 0)


# -- checks ------------------------------------------------------------------------------------------------

ON_NETWORKS = [name for name in vitrail.METHODS if not grows(name)]
SETTINGS = {
    "exact-shapley": {"patch": 3},
    **dict.fromkeys(["odd-shap", "kernel-shap", "permutation-shap", "partition-shap"], {"patch": 3, "budget": 12}),
    **dict.fromkeys(["regression-msr", "shapley-interactions", "lime"], {"patch": 3, "budget": 12}),
    **dict.fromkeys(["sobol", "hsic"], {"patch": 3, "budget": 40}),
    "rise": {"budget": 40},
    "smoothgrad": {"samples": 3},
    "vargrad": {"samples": 3},
    "squaregrad": {"samples": 3},
    "expected-gradients": {"samples": 3},
    "integrated-gradients": {"steps": 5},
    "idgi": {"steps": 3},
    "layer-conductance": {"steps": 3},
}


@dataclass(frozen=True)
class Counted:
    """A method, and the examples that went through the network while it worked."""

    of: object
    net: object
    seen: list

    def __call__(self, model, x, target):
        given = []
        self.seen.append(rows_run(self.net, lambda: given.append(self.of(model, x, target))))
        return given[0]


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_evaluations_are_those_that_a_hook_counts(method):
    net, x = suited(method, "pooled")
    model, seen = vitrail.open(net), []
    vitrail.explain(model, x, "gradient", 0)  # the survey of one example is made once for each shape
    counted = Counted(vitrail.METHODS[method](**SETTINGS.get(method, {})), net, seen)
    answer = vitrail.explain(model, x, counted, 0, speed="plain")
    assert answer.checks["evaluations"] == seen[0] > 0
    if method in ("integrated-gradients", "smoothgrad", "gradient", "grad-cam"):
        points = {"integrated-gradients": 5, "smoothgrad": 3}.get(method, 1)
        assert answer.checks["gradients"] == points * len(x)


@pytest.mark.parametrize(
    ("method", "target", "extra"),
    [
        ("grad-cam", "predicted", 0),
        ("grad-cam", 0, 0),
        ("layer-cam", 0, 0),
        ("eigen-cam", 0, 0),
        ("layer-activation", 0, 0),
        ("gradient", 0, 1),
        ("saliency", 0, 1),
        ("input-x-gradient", [0, 1, 0], 1),
    ],
)
def test_a_method_that_runs_x_anyway_costs_nothing_more(method, target, extra):
    net, x = picture_nets()["pooled"]
    model = vitrail.open(net)
    vitrail.explain(model, x, "gradient", 0)
    layer = {"layer": "relu"} if "layer" in vitrail.METHODS[method].__dataclass_fields__ else {}
    rows = rows_run(net, lambda: vitrail.explain(model, x, method, target, **layer))
    assert rows == (1 + extra) * len(x)


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_every_answer_carries_its_checks(method):
    net, x = suited(method, "flattened")
    answer = vitrail.explain(vitrail.open(net), x, method, [0, 2, 1], **SETTINGS.get(method, {}))
    checks = answer.checks
    conserved = getattr(vitrail.METHODS[method], "conserves", False)
    assert checks["conservation_gap" if conserved else "completeness_gap"].shape == (3,)
    assert_allclose(checks["target_value"], net(x)[range(3), [0, 2, 1]].detach().numpy(), rtol=1e-9)
    assert isinstance(checks["evaluations"], int)
    assert isinstance(checks["gradients"], int)
    assert checks["finite"].all()
    assert checks["finite"].shape == (3,)
    promised = "completeness" in vitrail.METHODS[method].laws
    assert checks["completeness"] == ("promised" if promised else "measured only")
    if method in ("smoothgrad", "expected-gradients"):
        assert checks["standard_error"].shape == (3,)
        assert answer.arrays["standard_error"].shape == x.shape


def test_the_gap_by_hand():
    net = smooth()
    answer = vitrail.explain(vitrail.open(net), X, "input-x-gradient", 1)
    change = (net(X) - net(0 * X))[:, 1].detach().numpy()
    gap = np.abs(answer.values.sum(1) - change)
    assert gap.min() > 1e-3
    assert_allclose(answer.checks["completeness_gap"], gap, rtol=1e-9)
    assert_allclose(answer.checks["completeness_gap_relative"], gap / np.abs(change), rtol=1e-9)


def test_the_gap_is_measured_from_the_baseline_of_the_method_inside():
    net, b = smooth(), normal(5, seed=3)
    inner = IntegratedGradients(steps=60, baseline=b.numpy())
    answer = vitrail.explain(vitrail.open(net), X, SmoothGrad(of=inner, std=0.0, samples=1), 1)
    assert answer.checks["completeness_gap"].max() < 1e-6


@pytest.mark.parametrize("method", ["integrated-gradients", "idgi", "expected-gradients", "occlusion"])
def test_a_baseline_equal_to_x(method):
    answer = vitrail.explain(vitrail.open(smooth()), X[:1], method, 0, baseline=X[0].numpy())
    assert (answer.values == 0).all()
    if method != "occlusion":
        assert answer.checks["completeness_gap_relative"] == 0


def test_one_example_and_one_feature():
    net = seeded(nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 1)))
    x = normal(1, 1)
    for method in ON_NETWORKS:
        pictured = "cam" in method or method in ("forgrad", "fullgrad")
        if not pictured and method not in ("expected-gradients", "deep-shap") and not attends(method):
            assert vitrail.explain(vitrail.open(net), x, method, **SETTINGS.get(method, {})).checks["finite"].all()
    complete = vitrail.explain(vitrail.open(net), x)
    assert_allclose(complete.values[0, 0], (net(x) - net(0 * x)).item(), rtol=1e-6)
    background = vitrail.explain(vitrail.open(net), x, "expected-gradients", baseline=[[0.0], [1.0]])
    assert background.checks["finite"].all()
    with pytest.raises(BadSetting, match="'noise' needs more than one value"):
        vitrail.explain(vitrail.open(net), x, "expected-gradients")


# -- what the network says ---------------------------------------------------------------------------------


def test_a_network_that_says_nan_is_refused():
    net = Function(lambda x: torch.where(x[:, 0] > 0, x.sum(1), torch.nan))
    x = torch.ones(3, 5).double()
    x[1, 0] = -1
    for method in ("gradient", "integrated-gradients", "occlusion"):
        with pytest.raises(
            NetworkFailed, match=r"returned NaN for 1 of 3 examples, the first of them x\[1\]\. Numbers"
        ):
            vitrail.explain(vitrail.open(net), x, method, 0)


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_broken_weights_are_refused_whatever_the_method(method):
    net, x = suited(method, "pooled")
    next(p for p in net.parameters() if p.ndim == 4).data[0, 0, 0, 0] = torch.nan
    with pytest.raises(NetworkFailed, match="returned NaN for 3 of 3 examples"):
        vitrail.explain(vitrail.open(net), x, method, 0, **SETTINGS.get(method, {}))


def test_nan_at_the_baseline_is_told_where_completeness_is_promised():
    model = vitrail.open(Function(lambda x: (x * x.log()).sum(1)))  # 0 log 0
    x = torch.ones(2, 3).double() * 2
    with pytest.raises(NetworkFailed, match="returned NaN at the baseline"):
        vitrail.explain(model, x, "integrated-gradients", 0)
    gradient = vitrail.explain(model, x, "gradient", 0)
    assert np.isnan(gradient.checks["completeness_gap"]).all()
    assert gradient.checks["finite"].all()


def test_values_that_are_not_finite_are_flagged_example_by_example():
    x = torch.tensor([[1.0, 4.0], [0.0, 4.0]]).double()  # sqrt has no slope at 0
    answer = vitrail.explain(vitrail.open(Function(lambda x: x.sqrt().sum(1))), x, "gradient", 0)
    assert answer.checks["finite"].tolist() == [True, False]


def test_masked_classes_are_allowed():
    class Masked(nn.Module):
        def forward(self, x):
            return torch.cat([x[:, :2], torch.full_like(x[:, :1], -torch.inf)], 1)

    answer = vitrail.explain(vitrail.open(Masked()), X, "gradient")
    assert answer.checks["finite"].all()


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "c", "d"]])
def test_as_many_names_as_outputs(classes):
    with pytest.raises(BadSetting, match=rf"{len(classes)} class names were given for the 3 outputs of Sequential"):
        vitrail.explain(vitrail.open(smooth(), classes=classes), X, "gradient", 0)


def test_a_network_with_one_number_for_each_example():
    class Flat(nn.Module):
        def forward(self, x):
            return x.square().sum(1)

    answer = vitrail.explain(vitrail.open(Flat()), X, "gradient")
    assert_allclose(answer.values, 2 * X.numpy())
    assert answer.outputs.shape == (4, 1)


def test_a_place_of_a_segmentation():
    net = seeded(nn.Conv2d(2, 3, 3, padding=1))
    answer = vitrail.explain(vitrail.open(net), normal(2, 2, 5, 5), "gradient", Output((1, 2, 2)))
    expected = np.zeros((2, 5, 5))
    expected[:, 1:4, 1:4] = net.weight[1].detach().numpy()
    assert_allclose(answer.values, np.stack([expected] * 2))
    assert answer.provenance["prediction"] == []
    assert "labels" in answer.target or answer.target["index"] == [1, 2, 2]


# -- what is written down ----------------------------------------------------------------------------------


def test_provenance_is_complete():
    net = seeded(Squashed(classes=2))
    answer = vitrail.explain(vitrail.open(net, classes=["no", "yes"]), X, "smoothgrad", samples=3, seed=7)
    wrote = answer.provenance
    assert wrote["method"] == "smoothgrad"
    assert wrote["settings"] == {"of": {"method": "gradient"}, "std": 0.1, "samples": 3, "seed": 7}
    assert wrote["seed"] == 7
    assert wrote["model"]["name"] == "Squashed"
    assert wrote["model"]["framework"] == "torch"
    assert re.fullmatch("[0-9a-f]{16}", wrote["model"]["weights"])
    assert re.fullmatch("[0-9a-f]{16}", wrote["input"])
    assert wrote["device"] == "cpu"
    assert wrote["dtype"] == "float64"
    assert {"python", "vitrail", "torch", "numpy"} <= set(wrote["versions"])
    assert wrote["versions"]["torch"] == torch.__version__
    assert wrote["seconds"] > 0
    assert isinstance(wrote["speedups"], dict)
    chances = net(X).detach()
    for said, row in zip(wrote["prediction"], chances, strict=True):
        assert said["index"] == row.argmax()
        assert said["name"] == ["no", "yes"][row.argmax()]
        assert_allclose(said["probability"], row.max())
    assert answer.labels["class"] == ["no", "yes"]


def test_hashes_change_with_what_they_stand_for():
    net = smooth()
    model = vitrail.open(net)
    one = vitrail.explain(model, X, "gradient", 0).provenance
    assert vitrail.explain(model, X.clone(), "gradient", 1).provenance["input"] == one["input"]
    assert vitrail.explain(model, X + 1e-12, "gradient", 0).provenance["input"] != one["input"]
    net[0].bias.data[0] += 1e-12
    assert vitrail.explain(model, X, "gradient", 0).provenance["model"]["weights"] != one["model"]["weights"]


def test_a_faster_plan_is_written_down():
    net, x = picture_nets()["pooled"]
    fast = vitrail.explain(vitrail.open(net), x, target=0, speed="fast")
    plain = vitrail.explain(vitrail.open(net), x, target=0, speed="plain")
    assert plain.provenance["speedups"].get("used", False) is False
    assert "points_checked" in fast.provenance["speedups"]
    assert_allclose(fast.values, plain.values, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_saved_is_loaded(tmp_path, method):
    net, x = suited(method, "flattened")
    answer = vitrail.explain(vitrail.open(net, classes=list("abc")), x, method, "b", **SETTINGS.get(method, {}))
    back = vitrail.load(answer.save(tmp_path / "answer"))
    for name, array in answer.arrays.items():
        assert_array_equal(back.arrays[name], array, strict=True)
    for name, check in answer.checks.items():
        assert_array_equal(back.checks[name], check)
    assert_array_equal(back.outputs, answer.outputs, strict=True)
    for name in ("kind", "axes", "target", "labels", "provenance"):
        assert getattr(back, name) == getattr(answer, name)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_type_is_kept(dtype):
    answer = vitrail.explain(vitrail.open(smooth().to(dtype)), X, target=0)
    assert answer.values.dtype == answer.outputs.dtype == answer.arrays["input"].dtype == str(dtype).split(".")[1]
    assert answer.provenance["dtype"] == str(dtype).split(".")[1]


def test_half_a_number_comes_back_as_float32():
    answer = vitrail.explain(vitrail.open(rectified().bfloat16()), X, "gradient", 0)
    assert answer.values.dtype == np.float32
    assert np.abs(answer.values).max() > 0
    assert answer.provenance["dtype"] == "bfloat16"


# -- what is left alone ------------------------------------------------------------------------------------


def states():
    return torch.get_rng_state().tolist(), repr(np.random.get_state()), random.getstate()  # noqa: NPY002


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_global_random_numbers_are_untouched(method):
    net, x = suited(method, "pooled")
    before = states()
    vitrail.explain(vitrail.open(net), x, method, 0, **SETTINGS.get(method, {}))
    assert states() == before


def test_also_by_a_method_that_draws_and_fails():
    def careless(model, x, target):
        torch.manual_seed(0), np.random.seed(0), random.seed(0)  # noqa: NPY002
        raise KeyError("mine")

    model = vitrail.open(smooth())
    before = states()
    with pytest.raises(KeyError):
        vitrail.explain(model, X, careless, 0)
    assert states() == before


def test_the_network_is_left_as_found():
    net = nn.Sequential(nn.Linear(5, 4), nn.Dropout(), nn.ReLU(inplace=True), nn.Linear(4, 2)).double().train()
    net[0].weight.requires_grad_(False)
    net[3].weight.grad = torch.ones(2, 4).double()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    x = X.clone()
    vitrail.explain(vitrail.open(net), x, "smoothgrad", samples=2)
    with pytest.raises(BadTarget):
        vitrail.explain(vitrail.open(net), x, target=9)
    assert net.training
    assert net[1].training
    assert not net[0].weight.requires_grad
    assert net[3].weight.requires_grad
    assert (net[3].weight.grad == 1).all()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    assert torch.equal(x, X)
    assert x.grad is None


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_gradient_mode_does_not_matter(around):
    model = vitrail.open(smooth())
    expected = vitrail.explain(model, X, target=0).values
    with around():
        assert_array_equal(vitrail.explain(model, X, target=0).values, expected)


# -- progress ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ON_NETWORKS)
def test_progress_only_grows_and_reaches_the_end(method):
    net, x = suited(method, "pooled")
    told = []
    vitrail.explain(
        vitrail.open(net),
        x,
        method,
        0,
        progress=lambda done, total: told.append((done, total)),
        **SETTINGS.get(method, {}),
    )
    done = [d for d, _ in told]
    assert told
    assert done == sorted(set(done))
    assert all(d <= total for d, total in told)
    assert told[-1][0] == told[-1][1] > 0


def test_a_bar_and_silence(capfd):
    vitrail.explain(vitrail.open(smooth()), X, target=0)
    assert capfd.readouterr() == ("", "")
    vitrail.explain(vitrail.open(smooth()), X, target=0, progress=True)


def test_a_large_batch_goes_in_chunks(monkeypatch):
    from vitrail.model import handle

    monkeypatch.setattr(handle, "chunk_size", lambda *_: 7)
    net, sizes, told = smooth(), [], []
    x = normal(20, 5, seed=4)
    model = vitrail.open(net)
    net.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))
    answer = vitrail.explain(model, x, target=0, steps=3, progress=lambda *at: told.append(at))
    assert max(sizes) <= 7
    assert len(told) >= 9
    one = [vitrail.explain(vitrail.open(smooth()), x[i : i + 1], target=0, steps=3).values[0] for i in (0, 6, 7, 19)]
    assert_allclose(answer.values[[0, 6, 7, 19]], one, rtol=1e-9)


# -- mistakes in methods and settings ----------------------------------------------------------------------


def test_near_misses_of_methods_and_settings():
    model = vitrail.open(smooth())
    with pytest.raises(NoSuchMethod, match=r"Did you mean 'integrated-gradients'"):
        vitrail.explain(model, X, "integrated-gradient")
    with pytest.raises(BadSetting, match=r"has no setting 'step'\. Did you mean 'steps'\?"):
        vitrail.explain(model, X, step=3)
    with pytest.raises(BadSetting, match=r"Gradient has no setting 'steps'\. Settings are: none"):
        vitrail.explain(model, X, "gradient", steps=3)
