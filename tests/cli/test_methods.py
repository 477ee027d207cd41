import pytest

from vitrail.cli.frame import ASKED
from vitrail.methods.settings import settings_of


def test_every_method_is_listed(run):
    result = run("methods")
    assert result.exit_code == 0
    assert [name for name in ASKED if name not in result.stdout] == []


def test_json_holds_every_method_and_setting(run):
    told = run("methods", "--json").json()
    assert told["ok"] is True
    assert {m["name"]: [s["name"] for s in m["settings"]] for m in told["methods"]} == {
        name: list(settings_of(cls)) for name, cls in ASKED.items()
    }


def test_one_method_tells_its_settings_formula_and_source(run):
    text = run("methods", "integrated-gradients").stdout
    for words in ("--steps", "integer from 1", "50", "integral over t in [0, 1]", "Sundararajan", "Laws", "Beware"):
        assert words in text


def test_one_method_as_json(run):
    told = run("methods", "smoothgrad", "--json").json()
    assert [s["name"] for s in told["settings"]] == list(settings_of(ASKED["smoothgrad"]))
    assert {"name", "summary", "formula", "settings", "laws", "cost", "beware", "source"} <= set(told)


@pytest.mark.parametrize("arguments", [["saliency"], ["gradient"]])
def test_a_method_without_settings_has_no_table(run, arguments):
    assert "default" not in run("methods", *arguments).stdout


def test_an_unknown_method_is_refused_with_a_near_miss(refused):
    assert "Did you mean 'saliency'" in refused("no-such-method", "methods", "salience")
