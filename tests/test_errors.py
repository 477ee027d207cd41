"""The tree of mistakes: codes, near misses, messages, and the drawing at the top of errors.py."""

import pickle
import re

import pytest

from vitrail import errors
from vitrail.errors import AlreadyExists, MissingExtra, NoSuchLayer, NoSuchMethod, VitrailError, first, near

METHODS = ["gradient", "grad-cam", "integrated-gradients", "smoothgrad"]


def tree(kind: type[VitrailError]) -> list[type[VitrailError]]:
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in tree(below))]


def drawn(text: str) -> dict[str, int]:
    """Name -> how deep it stands in the drawing."""
    rows = re.findall(r"^    ((?:[│├└]\S*\s+)*)(\w+) +\S", text, re.MULTILINE)
    return {name: len(branch) // 4 for branch, name in rows}


KINDS = [kind for kind in tree(VitrailError) if kind.__module__ == errors.__name__]


def test_every_kind_is_a_value_error_that_says_when_it_happens():
    assert len(KINDS) > 10
    for kind in KINDS:
        assert issubclass(kind, ValueError)
        assert kind.__doc__


def test_codes_are_unique_and_are_the_names_in_kebab_case():
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    for kind in KINDS[1:]:
        assert kind.code == re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def test_the_drawing_is_the_tree():
    depths = {kind.__name__: len(kind.__mro__) - len(VitrailError.__mro__) for kind in KINDS}
    assert drawn(errors.__doc__) == depths


def test_a_kind_missing_from_the_drawing_would_be_seen():
    text = errors.__doc__.replace("    ├── BadInput ", "    ├── ")
    assert "BadInput" in drawn(errors.__doc__)
    assert "BadInput" not in drawn(text)


def test_facts_are_kept():
    error = VitrailError("steps must be at least 1, got 0.", setting="steps", value=0)
    assert str(error) == "steps must be at least 1, got 0."
    assert error.facts == {"setting": "steps", "value": 0}


def test_no_such_method_suggests_lists_and_says_what_to_do():
    error = NoSuchMethod("integratd-gradients", METHODS)
    assert str(error) == (
        "no method named 'integratd-gradients'. Did you mean 'integrated-gradients'? "
        "Methods are: grad-cam, gradient, integrated-gradients, smoothgrad. "
        "Use list(vitrail.METHODS), or the command `vitrail methods`, to list them."
    )
    assert error.facts == {"name": "integratd-gradients", "existing": sorted(METHODS)}


def test_no_such_layer_names_a_few_in_the_order_of_the_network():
    error = NoSuchLayer("conv9", "ResNet", (f"block{i}.conv" for i in reversed(range(9))))
    assert str(error) == (
        "no layer named 'conv9' in ResNet. Layers are: block8.conv, block7.conv, block6.conv, block5.conv, "
        "block4.conv, block3.conv, .... Use model.layers to list them all."
    )
    assert len(error.facts["existing"]) == 9


def test_missing_extra_says_how_to_install():
    assert "pip install 'vitrail[keras]'" in str(MissingExtra("keras", "keras", "opening a Keras model"))


def test_already_exists_says_that_nothing_was_written():
    assert str(AlreadyExists("answer")).startswith("'answer' already exists. Nothing was written. ")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("smothgrad", "Did you mean 'smoothgrad'? "),
        ("GradCAM", "Did you mean 'grad-cam'"),  # the name of the class instead of the name in the list
        ("IntegratedGradients", "Did you mean 'integrated-gradients'"),
        ("weather", ""),
    ],
)
def test_near_misses(name, hint):
    said = near(name, METHODS)
    assert said.startswith(hint)
    assert bool(said) == bool(hint)


def test_near_keeps_the_spelling_that_exists():
    assert near("relu", ["RELU", "Dense"]) == "Did you mean 'RELU'? "


def test_first_shows_six_and_then_dots():
    assert first(list("abcdef")) == "a, b, c, d, e, f"
    assert first(list("abcdefg")) == "a, b, c, d, e, f, ..."


@pytest.mark.parametrize(
    "error",
    [
        VitrailError("wrong.", value=3),
        NoSuchMethod("x", METHODS),
        NoSuchLayer("x", "ResNet", ["conv1"]),
        MissingExtra("keras", "keras", "this"),
        AlreadyExists("answer"),
    ],
    ids=lambda error: error.code,
)
def test_errors_travel_between_processes(error):
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert (str(there), there.facts) == (str(error), error.facts)
