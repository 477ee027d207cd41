"""`vitrail recipes`, and a flag for every setting of every recipe."""

import inspect

from vitrail.cli import app
from vitrail.cli.flags import MARK, listed, values
from vitrail.cli.recipes import meaning, meanings
from vitrail.methods.settings import settings_of
from vitrail.train.recipes import RECIPES


def test_every_recipe_is_listed(run):
    result = run("recipes")
    assert result.exit_code == 0
    assert [name for name in RECIPES if name not in result.stdout] == []


def test_json_holds_every_recipe_and_setting(run):
    told = run("recipes", "--json").json()
    assert {r["name"]: [s["name"] for s in r["settings"]] for r in told["recipes"]} == {
        name: list(settings_of(cls)) for name, cls in RECIPES.items()
    }
    assert run("recipes", "mlp-classifier", "--json").json()["tasks"] == ["binary", "multiclass", "multilabel"]


def test_one_recipe_tells_its_settings_and_those_of_every_fitting(run):
    text = run("recipes", "mlp-classifier").stdout
    for words in ("--hidden", "--epochs", "passes over the training examples", "units of each hidden layer", "Geron"):
        assert words in text


def test_every_setting_of_every_recipe_means_something():
    silent = [(name, s) for name, cls in RECIPES.items() for s in settings_of(cls) if not meanings(name).get(s)]
    assert silent == []
    assert meaning("epochs") == "passes over the training examples at most"


def test_an_unknown_recipe_is_refused_with_a_near_miss(refused):
    assert "Did you mean 'mlp-classifier'" in refused("bad-setting", "recipes", "mlp-clasifier")


def declared():
    """Flag -> name of its parameter, of the command `train`; a flag that is there twice is there once more."""
    (command,) = [c.callback for c in app.registered_commands if c.callback.__name__ == "train"]
    infos = {p.name: p.annotation.__metadata__[0] for p in inspect.signature(command).parameters.values()}
    firsts = [(info.default, name) for name, info in infos.items() if isinstance(info.default, str)]
    return firsts + [(flag, name) for name, info in infos.items() for flag in getattr(info, "param_decls", None) or ()]


def test_every_setting_of_every_recipe_has_a_flag_of_its_own():
    flags = declared()
    assert len(flags) == len(dict(flags))
    for name in {s for cls in RECIPES.values() for s in settings_of(cls)}:
        assert dict(flags)[f"--{name.replace('_', '-')}"] == MARK + name


def test_lists_may_be_parted_by_commas():
    said = {"hidden": "30,10", "epochs": "3", "patience": "null", "activation": "tanh"}
    expected = {"hidden": [30, 10], "epochs": 3, "patience": None, "activation": "tanh"}
    assert values("mlp-classifier", said, RECIPES) == expected
    assert values("mlp-classifier", {"hidden": "30"}, RECIPES) == {"hidden": [30]}
    assert values("mlp-classifier", {"hidden": "[30, 10]"}, RECIPES) == {"hidden": [30, 10]}
    known = settings_of(RECIPES["mlp-classifier"])
    assert [name for name, setting in known.items() if listed(setting)] == ["hidden"]
