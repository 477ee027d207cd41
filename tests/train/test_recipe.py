"""What all recipes share."""

from dataclasses import fields

import pytest

from vitrail.methods.settings import settings_of
from vitrail.train.recipe import Fitting
from vitrail.train.recipes import LIST, RECIPES


def test_names_are_in_kebab_case_and_once():
    assert len(RECIPES) == len(LIST)
    assert all(name == name.lower().replace("_", "-") for name in RECIPES)


@pytest.mark.parametrize("recipe", LIST, ids=lambda recipe: recipe.name)
def test_every_recipe_can_be_made_without_settings_and_says_how_it_is_fitted(recipe):
    made = recipe()
    assert isinstance(made.fitting, Fitting)
    if made.fitting is made:  # a perceptron has its own rule, and few of these settings
        assert {field.name for field in fields(Fitting)} <= {field.name for field in fields(recipe)}
    assert recipe.tasks
    assert recipe.reads


@pytest.mark.parametrize("recipe", LIST, ids=lambda recipe: recipe.name)
def test_every_setting_has_a_schema_that_its_default_keeps(recipe):
    for name, setting in settings_of(recipe).items():
        assert "default" in setting.schema()
        setting.read(setting.default, {}, ()) if setting.default is not None else None
        assert name
