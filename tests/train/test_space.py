"""Where tuning looks: how ranges and choices are written, and what is refused."""

import itertools

import pytest

from lessons import blobs, halves, numbers, tints
from vitrail.errors import BadSetting
from vitrail.methods.settings import build
from vitrail.train.backend import school
from vitrail.train.recipes import RECIPES
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.sources import data_of
from vitrail.train.space import Choices, Range, drawn, first, grid, read, space_of, text_of, valued


class Trial:
    """Suggests the high ends and the last choices, and keeps what it was asked."""

    def __init__(self):
        self.asked = {}

    def suggest_float(self, name, low, high, log):
        self.asked[name] = (low, high, log)
        return high

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        assert all(isinstance(choice, str) for choice in choices)
        self.asked[name] = choices
        return choices[-1]


def test_ranges_and_choices_as_they_are_written():
    assert read("rate", (1e-4, 0.1, "log")) == Range(1e-4, 0.1, log=True)
    assert read("epochs", (1, 9)) == Range(1, 9, whole=True)
    assert read("dropout", (0, 0.5)) == Range(0, 0.5)
    assert read("hidden", [[8], [16, 8]]) == Choices(([8], [16, 8]))
    assert read("x", [0.0, 0.5]) == Choices((0.0, 0.5))  # a list is never a range
    for log in (True, False):
        assert read("rate", {"low": 1, "high": 2, "log": log}) == Range(1, 2, whole=True, log=log)


@pytest.mark.parametrize("where", [(1e-4, 0.1, "log"), (1, 9), (0.0, 0.5), [[8], [16, 8]], ["relu", None, 3]])
def test_what_is_written_as_json_is_read_as_the_same(where):
    assert read("x", read("x", where).as_json()) == read("x", where)


@pytest.mark.parametrize(
    "where",
    [
        (), (1,), (2, 1), (1, 1), (0, 1, "log"), (-1, 1, "log"), (1, 2, "linear"), (1, "2"), (False, True), [],
        [1, 1], ["1", 1], 3, "relu", {"low": 1}, {"low": 1, "high": 2, "step": 3}, (1, 2, 3, 4),
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(where):
    with pytest.raises(BadSetting, match=r"the space of 'rate' is"):
        read("rate", where)


def test_settings_that_do_not_exist_and_empty_spaces_are_refused():
    with pytest.raises(BadSetting, match="no setting 'rat'.*Did you mean 'rate'"):
        space_of(MLPClassifier(), {"rat": [1]})
    with pytest.raises(BadSetting, match="no setting of mlp-classifier to look for"):
        space_of(MLPClassifier(), {})
    with pytest.raises(BadSetting, match="no setting of perceptron to look for"):
        space_of(RECIPES["perceptron"](), None)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "perceptron"])
def test_the_usual_space_of_every_recipe_can_be_built(name):
    space = space_of(RECIPES[name](), None)
    assert "rate" in space
    for settings in (first(space), drawn(Trial(), space)):
        build(RECIPES[name], settings, {}, ())


def ends(space):
    """Settings at both ends of every range, and at every choice."""
    corners = [first(space), {n: w.high if isinstance(w, Range) else w.values[-1] for n, w in space.items()}]
    return corners + [
        corners[0] | {name: value}
        for name, where in space.items()
        if isinstance(where, Choices)
        for value in where.values
    ]


def assert_gradients_are_cleared(network):
    """keras on torch clears what it knows by name; of two weights of one name it would forget one."""
    cleared = {id(weight) for weight in network.parameters()}
    assert [weight.path for weight in network.trainable_variables if id(weight.value) not in cleared] == []


#: recipe -> data, and settings that keep its network small
SMALL = {
    "wide-and-deep": (blobs, {}),
    "mlp-classifier": (blobs, {}),
    "mlp-regressor": (numbers, {}),
    "cnn": (halves, {}),
    "transfer": (tints, {"base": "mobilenet_v2", "alpha": 0.35}),
    "vit": (halves, {}),
    "text-classifier": (lambda: data_of((["so", "la la"] * 10, ["a", "b"] * 10), vocabulary=20), {}),
}


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "perceptron"])
def test_a_network_can_be_built_everywhere_in_the_usual_space(name):
    make, fixed = SMALL[name]
    data, seen = make(), set()
    for settings in ends(space_of(RECIPES[name](), None)):
        recipe = build(RECIPES[name], {**fixed, **settings}, {}, ())
        shape = repr([value for key, value in settings.items() if key not in ("rate", "fine_rate", "batch")])
        if shape not in seen:
            network = recipe.build(school(), data)
            assert network(data.numbers(data.rows["train"][:2])).shape == (2, data.outputs)
            assert_gradients_are_cleared(network)
        seen.add(shape)
    assert len(seen) > 1


def test_a_grid_holds_every_combination_once():
    space = {"a": Choices((1, 2)), "b": Choices(("x", "y", "z")), "c": Choices(([3], None))}
    points = grid(space)
    assert len(points) == 12
    assert {tuple(point.values()) for point in points} == set(itertools.product("12", "xyz", ("[3]", "null")))
    with pytest.raises(BadSetting, match="cannot hold every 'rate' from 1 to 2"):
        grid({"rate": Range(1, 2)})


def test_values_come_back_as_they_were_given():
    space = {"hidden": Choices(([8], [16, 8])), "rate": Range(0.1, 1.0, log=True), "epochs": Range(1, 9, whole=True)}
    trial = Trial()
    assert drawn(trial, space) == {"hidden": [16, 8], "rate": 1.0, "epochs": 9}
    assert trial.asked == {"hidden": ["[8]", "[16, 8]"], "rate": (0.1, 1.0, True), "epochs": (1, 9, False)}
    assert valued(space, {"hidden": "[8]", "rate": 0.5}) == {"hidden": [8], "rate": 0.5}
    assert first(space) == {"hidden": [8], "rate": 0.1, "epochs": 1}


def test_texts_of_choices():
    assert [text_of(value) for value in ("relu", 3, 0.5, None, True, [1, 2])] == [
        "relu", "3", "0.5", "null", "true", "[1, 2]",
    ]  # fmt: skip
