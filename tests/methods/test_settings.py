"""Settings: checked in one place, whoever gives them, and written down as JSON that can be read again."""

import numpy as np
import pytest
from torch import nn

import vitrail
from known import explained, normal, smooth
from vitrail.inputs.baselines import Blur, Constant, Given, Mean, Noise
from vitrail.methods import METHODS
from vitrail.methods.settings import as_json, build, checked, method_of, settings_of

SHAPE = (5,)


def of(value):
    return method_of(value, METHODS, SHAPE)


# -- what is asked for ------------------------------------------------------------------------------------


def test_a_method_by_name_by_mapping_and_as_itself():
    expected = vitrail.IntegratedGradients(steps=7, baseline=Constant(0.5))
    assert of({"method": "integrated-gradients", "steps": 7, "baseline": 0.5}) == expected
    assert of(expected) == expected
    assert of("integrated-gradients") == vitrail.IntegratedGradients()


def test_a_method_inside_a_method_inside_a_method():
    inner = {"method": "smoothgrad", "of": {"method": "integrated-gradients", "steps": 3}, "samples": 4}
    made = of({"method": "forgrad", "of": inner})
    assert made == vitrail.FORGrad(of=vitrail.SmoothGrad(of=vitrail.IntegratedGradients(steps=3), samples=4))
    assert of(as_json(made)) == made


def test_a_strangers_method_is_taken_as_it_is():
    def mine(model, x, target):
        return x

    assert of(mine) is mine
    assert checked(mine, METHODS, SHAPE) is mine
    assert of({"method": "smoothgrad", "of": mine}).of is mine


@pytest.mark.parametrize("value", [7, None, vitrail.SmoothGrad])
def test_what_is_no_method_is_refused(value):
    with pytest.raises(vitrail.VitrailError, match="is not a method"):
        of(value)


@pytest.mark.parametrize("value", ["intergrated-gradients", {"method": "intergrated-gradients"}, "Integrated-Gradient"])
def test_a_near_miss_is_suggested(value):
    with pytest.raises(vitrail.VitrailError, match="Did you mean 'integrated-gradients'") as error:
        of(value)
    assert error.value.code == "no-such-method"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"step": 3}, "no setting 'step'. Did you mean 'steps'.*Settings are: steps, baseline, tolerance"),
        ({"method_": 3}, "no setting 'method_'"),
        ({"steps": "many"}, "steps='many'"),
        ({"steps": 0}, "steps=0 does not fit"),
        ({"steps": None}, "steps=None"),
        ({"tolerance": -1}, "tolerance=-1"),
        ({"baseline": "blurr"}, "no baseline named 'blurr'"),
        ({"baseline": None}, "baseline None"),
        ({"baseline": [1.0, float("nan")]}, "NaN"),
        ({"baseline": {"baseline": "given", "count": 3}}, "given"),
        ({"baseline": {"baseline": "noise", "cuont": 3}}, "cuont"),
    ],
)
def test_what_does_not_fit_is_refused(settings, words):
    with pytest.raises(vitrail.VitrailError, match=words) as error:
        build(vitrail.IntegratedGradients, settings, METHODS, SHAPE)
    assert error.value.code == "bad-setting"


@pytest.mark.parametrize("name", METHODS)
def test_a_setting_that_does_not_exist_is_refused_by_every_method(name):
    with pytest.raises(vitrail.VitrailError, match=f"{METHODS[name].__name__} has no setting 'nb_steps'"):
        explained(smooth(), normal(2, 5), name, nb_steps=3)


#: out of range for every method that has the setting
OUT_OF_RANGE = {
    "steps": 0, "samples": 0, "std": -0.5, "seed": -1, "layer": 3, "patch": 0, "stride": 0, "cutoff": 1.5, "count": 0,
    "tolerance": 0.0, "of": "gardient", "baseline": "blak",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "setting"),
    [(name, s) for name, cls in METHODS.items() for s in settings_of(cls) if s in OUT_OF_RANGE],
)
def test_every_setting_has_its_range_by_name_and_typed(name, setting):
    bad = {setting: OUT_OF_RANGE[setting]}
    for method, settings in ((name, bad), (METHODS[name](**bad), {})):
        with pytest.raises(vitrail.VitrailError) as error:
            explained(smooth(), normal(2, 5), method, **settings)
        assert error.value.code in ("bad-setting", "no-such-method")
        assert repr(OUT_OF_RANGE[setting]) in str(error.value)


def test_settings_beside_an_instance_are_refused():
    with pytest.raises(vitrail.VitrailError, match="settings steps were given beside IntegratedGradients"):
        explained(smooth(), normal(2, 5), vitrail.IntegratedGradients(), steps=3)


# -- as JSON ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", [Constant(0.5), Blur(), Blur(2.0), Mean(), Noise(), Noise(7, 3)])
def test_a_baseline_is_read_as_it_was_written(baseline):
    again = of({"method": "idgi", "baseline": as_json(baseline)}).baseline
    assert again == baseline


def test_a_baseline_that_was_an_array_is_described():
    given = Given(normal(3, 5))
    assert as_json(given)["count"] == 3


def test_methods_are_written_under_the_name_that_reads_them():
    assert as_json(vitrail.SmoothGrad())["of"] == {"method": "gradient"}
    assert as_json(vitrail.GradCAM(layer="conv")) == {"method": "grad-cam", "layer": "conv", "libra": False}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), (0.5, 0.5), ("auto", "auto"), (None, None), (True, True), ([1, 2], [1, 2])],
)
def test_plain_values_stay(value, expected):
    assert as_json(value) == expected


def test_arrays_are_told_by_their_shape_and_strangers_by_their_words():
    assert as_json(np.zeros((2, 3))) == {"array": [2, 3]}
    assert as_json(1j) == "1j"


# -- schemas ----------------------------------------------------------------------------------------------


def test_a_schema_says_range_default_and_meaning():
    steps = settings_of(vitrail.IntegratedGradients)["steps"].schema()
    assert (steps["type"], steps["minimum"], steps["default"]) == ("integer", 1, 50)
    assert "points on the path" in steps["description"]
    cutoff = settings_of(vitrail.FORGrad)["cutoff"].schema()
    assert (cutoff["exclusiveMinimum"], cutoff["maximum"]) == (0.0, 1.0)


def test_kinds_of_settings():
    kinds = {s.name: s.kind for s in settings_of(vitrail.SmoothGrad).values()}
    assert kinds == {"of": "method", "std": "plain", "samples": "plain", "seed": "plain"}
    assert settings_of(vitrail.IDGI)["baseline"].kind == "baseline"
    assert {"enum": ["blur", "mean", "noise", "mask"]} in settings_of(vitrail.IDGI)["baseline"].schema()["anyOf"]


def test_models_as_json_are_names_and_digests():
    models = [vitrail.open(nn.Linear(2, 2)), vitrail.open(nn.Linear(2, 3))]
    expected = [{"name": "Linear", "weights": model.fingerprint.digest()} for model in models]
    assert expected[0] != expected[1]
    assert as_json(models) == expected
    assert as_json(tuple(models)) == expected
