"""What every method must do, whatever its mathematics."""

import json
from dataclasses import fields

import numpy as np
import pytest
import torch

import vitrail
from known import attends, grows, normal, picture_net, picture_nets, smooth
from vitrail.methods import METHODS, NAMES
from vitrail.methods.settings import as_json, settings_of

close = torch.testing.assert_close

#: few points, so that all of this takes seconds; the numbers are such that chunks of 7 do not divide them
FEW = {
    "integrated-gradients": {"steps": 5, "baseline": 0.5},
    "expected-gradients": {"samples": 9, "baseline": 0.5},
    "deeplift": {"baseline": 0.5},
    "deep-shap": {"baseline": 0.5},
    "smoothgrad": {"samples": 5, "std": 0.3},
    "vargrad": {"samples": 5, "std": 0.3},
    "squaregrad": {"samples": 5, "std": 0.3},
    "forgrad": {"of": "smoothgrad", "cutoff": 0.5},
    "idgi": {"steps": 5, "baseline": 0.5},
    "occlusion": {"patch": 3, "stride": 2, "baseline": "mean"},
    "feature-ablation": {"patch": 3, "baseline": 0.5},
    "lime": {"patch": 3, "budget": 30, "baseline": 0.5},
    "rise": {"patch": 3, "budget": 30, "baseline": 0.5},
    "sobol": {"patch": 3, "budget": 60, "baseline": 0.5},
    "hsic": {"patch": 3, "budget": 30, "baseline": 0.5},
    "permutation-shap": {"patch": 3, "budget": 40, "baseline": 0.5},
    "odd-shap": {"patch": 3, "budget": 20, "baseline": 0.5},
    "exact-shapley": {"patch": 3, "baseline": 0.5},
    "kernel-shap": {"patch": 3, "budget": 20, "baseline": 0.5},
    "regression-msr": {"patch": 3, "budget": 30, "baseline": 0.5},
    "partition-shap": {"patch": 3, "budget": 20, "baseline": 0.5},
    "shapley-interactions": {"patch": 3, "budget": 30, "baseline": 0.5},
    "layer-conductance": {"steps": 3, "layer": "one"},
}
#: what FORGrad cannot filter: maps of heads, pairs of players, more players than can be enumerated
NO_PICTURE = {"attention", "shapley-interactions", "exact-shapley"}
#: a product of two small numbers is smaller
LEAST = {"guided-grad-cam": 1e-4}
#: those on trees are asked the same in their own files
ON_NETWORKS = [name for name in METHODS if not grows(name)]
SEEDED = [name for name, cls in METHODS.items() if "seed" in settings_of(cls)]
WRAPPING = [name for name, cls in METHODS.items() if "of" in settings_of(cls)]


@pytest.fixture
def x():
    return normal(3, 2, 8, 6, seed=13)


@pytest.fixture
def model(request):
    """A network that suits the method of the test, or the one inside it."""
    given = request.node.callspec.params
    return vitrail.open(picture_net(given.get("of", given["name"])))


def ask(model, x, name, **settings):
    return vitrail.explain(model, x, name, 1, **{**FEW.get(name, {}), **settings})


def of_examples(answer):
    """Everything that belongs to single examples."""
    arrays = {k: v for k, v in answer.arrays.items() if k != "picture"}
    return {**arrays, **{k: v for k, v in answer.checks.items() if isinstance(v, np.ndarray)}}


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_it_answers_something_shaped_as_its_axes_say(name, model, x):
    answer = ask(model, x, name)
    assert answer.values.dtype == np.float64
    assert answer.values.ndim == len(answer.axes["values"])
    assert np.abs(answer.values).max() > LEAST.get(name, 1e-3)
    assert np.isfinite(answer.values).all()
    if answer.kind == "attribution":
        assert answer.values.shape == x.shape


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_a_batch_gets_what_its_examples_get_alone(name, model, x):
    together = of_examples(ask(model, x, name))
    alone = [of_examples(ask(model, x[i : i + 1], name)) for i in range(len(x))]
    for key, array in together.items():
        close(array, np.concatenate([one[key] for one in alone]), equal_nan=True)


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("name", ON_NETWORKS)
def test_the_size_of_chunks_does_not_matter(name, size, model, x, monkeypatch):
    whole = of_examples(ask(model, x, name))
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: size)
    for key, array in of_examples(ask(model, x, name)).items():
        close(array, whole[key], equal_nan=True)


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_it_says_the_same_twice_and_leaves_global_random_numbers_alone(name, model, x):
    first = ask(model, x, name).values
    torch.manual_seed(torch.initial_seed() + 1)
    before = torch.get_rng_state()
    assert np.array_equal(ask(model, x, name).values, first)
    close(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_other_numbers(name, model, x):
    few = {"baseline": "noise", "samples": 2} if name == "deep-shap" else {}  # fewer than there are to draw from
    assert np.array_equal(ask(model, x, name, **few, seed=1).values, ask(model, x, name, **few, seed=1).values)
    assert np.abs(ask(model, x, name, **few, seed=1).values - ask(model, x, name, **few, seed=2).values).max() > 1e-4


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_its_settings_as_json_ask_the_same_question(name, model, x):
    answer = ask(model, x, name)
    settings = json.loads(json.dumps(answer.provenance["settings"], allow_nan=False))
    assert answer.method == name
    assert settings.keys() == settings_of(METHODS[name]).keys()
    again = vitrail.explain(model, x, {"method": name, **settings}, 1)
    assert np.array_equal(again.values, answer.values)
    by_name = vitrail.explain(model, x, name, 1, **settings)
    assert np.array_equal(by_name.values, answer.values)
    assert again.provenance["settings"] == settings


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_an_instance_is_the_same_as_its_name(name, model, x):
    few = {"patch": 3} if name == "exact-shapley" else {}  # by default it refuses the 48 patches of this picture
    typed = vitrail.explain(model, x, METHODS[name](**few), 1)
    named = vitrail.explain(model, x, name, 1, **few)
    assert np.array_equal(typed.values, named.values)
    assert typed.provenance["settings"] == named.provenance["settings"]


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_single_precision_stays_single(name, x):
    model = vitrail.open(picture_net(name).float())
    answer = ask(model, x.float(), name)
    assert answer.values.dtype == np.float32
    exact = ask(vitrail.open(picture_net(name)), x, name).values
    assert np.abs(answer.values - exact).max() < 1e-3 * np.abs(exact).max()


@pytest.mark.parametrize("name", ON_NETWORKS)
def test_modes_gradients_and_hooks_are_as_they_were(name, x):
    net = picture_net(name).train()
    ask(vitrail.open(net), x, name)
    assert net.training
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in net.modules())
    assert not x.requires_grad


@pytest.mark.parametrize("net", picture_nets())
@pytest.mark.parametrize("name", [name for name in ON_NETWORKS if not attends(name)])
def test_it_works_on_every_picture_network(name, net):
    network, x = picture_nets()[net]
    settings = {k: v for k, v in FEW.get(name, {}).items() if k != "layer"}
    answer = vitrail.explain(vitrail.open(network), x, name, 1, **settings)
    assert np.isfinite(answer.values).all()
    assert len(answer.values) == len(x)


@pytest.mark.parametrize(
    ("name", "of"),
    [(n, of) for n in WRAPPING for of in ON_NETWORKS if of != "forgrad" and (n != "forgrad" or of not in NO_PICTURE)],
)
def test_it_wraps_every_method(name, of, model, x):
    """Without noise (or without a cut) a wrapper gives what it wraps; VarGrad nothing, SquareGrad its square."""
    few = {"samples": 2, "std": 0.0} if name != "forgrad" else {"cutoff": 1.0}
    inner = {"method": of, **FEW.get(of, {})}
    if of == "layer-activation":
        inner["layer"] = "two"  # the last layer is no picture, and FORGrad filters pictures
    if name == "forgrad" and {"players", "budget"} <= settings_of(METHODS[of]).keys():
        inner |= {"players": "pixels", "budget": 200}
    plain = vitrail.explain(model, x, inner, 1)
    answer = vitrail.explain(model, x, name, 1, of=inner, **few)
    expected = {"vargrad": 0 * plain.values, "squaregrad": plain.values**2}.get(name, plain.values)
    close(answer.values, expected, rtol=1e-7, atol=1e-12)
    assert answer.axes["values"] == plain.axes["values"]
    assert answer.kind == plain.kind


def test_names_are_kebab_case_and_lead_back():
    assert {NAMES[cls] for cls in METHODS.values()} == METHODS.keys()
    assert all(name == name.lower() and set(name) <= set("abcdefghijklmnopqrstuvwxyz-") for name in METHODS)


def test_every_method_is_exported():
    assert {cls.__name__ for cls in METHODS.values()} <= set(vitrail.__all__)


# -- schemas ----------------------------------------------------------------------------------------------

TYPES = {"integer": int, "number": (int, float), "string": str, "null": type(None), "object": dict, "array": list}
TYPES["boolean"] = bool


def fits(value, schema):
    """Whether a value keeps the words of JSON schema that our settings use; a word it does not know is an error."""
    known = {"anyOf", "type", "enum", "description", "default", "title"}
    known |= {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}
    assert schema.keys() <= known, schema.keys() - known
    checks = [
        "anyOf" not in schema or any(fits(value, each) for each in schema["anyOf"]),
        "type" not in schema
        or isinstance(value, TYPES[schema["type"]])
        and isinstance(value, bool) == (schema["type"] == "boolean"),
        "enum" not in schema or value in schema["enum"],
    ]
    if not all(checks):
        return False
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    from_below = (low is None or value >= low) and (above is None or value > above)
    return from_below and (high is None or value <= high) and (below is None or value < below)


def all_settings():
    return [pytest.param(s, id=f"{name}.{s.name}") for name, cls in METHODS.items() for s in settings_of(cls).values()]


@pytest.mark.parametrize("setting", all_settings())
def test_every_setting_has_a_schema_that_its_default_keeps(setting):
    schema = json.loads(json.dumps(setting.schema(), allow_nan=False))
    assert schema["description"]
    assert schema["default"] == as_json(setting.default)
    assert fits(schema["default"], schema)


def test_defaults_in_json_build_the_default_method():
    for name, cls in METHODS.items():
        built = vitrail.methods.settings.method_of({"method": name, **as_json(cls())}, METHODS, (2, 8, 6))
        assert type(built) is cls
        for field in fields(cls):
            assert as_json(getattr(built, field.name)) == as_json(field.default)


def test_columns_do_as_well_as_pictures():
    net, x = smooth(), normal(4, 5, seed=1)
    for name in ON_NETWORKS:
        if name in ("forgrad", "fullgrad") or name.endswith(("cam", "plus-plus")) or attends(name):
            continue
        few = {k: v for k, v in FEW.get(name, {}).items() if k not in ("patch", "stride", "baseline", "layer")}
        together = vitrail.explain(vitrail.open(net), x, name, 1, **few).values
        alone = np.concatenate([vitrail.explain(vitrail.open(net), one[None], name, 1, **few).values for one in x])
        close(together, alone)
