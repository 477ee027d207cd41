from dataclasses import dataclass

from vitrail.cli.frame import default_words, frame_of, of_schema, takers, type_words
from vitrail.methods import METHODS
from vitrail.methods.settings import settings_of


@dataclass
class Mean:
    """The mean of things,
    in two lines   [1].

        a = sum_i x_i / n
        n = 3

    Settings    steps     points on the path,
                          and more about them
                baseline  b, the input
    Laws        dummy
    Cost        one forward
    Beware      it is
                only a mean

    [1] Author, "Title", 2000, eq. 1
        and a second line
    """

    steps: int = 3


def test_a_docstring_is_taken_apart():
    frame = frame_of(Mean)
    assert frame.summary == "The mean of things, in two lines."
    assert frame.formula == "a = sum_i x_i / n\nn = 3"
    assert frame.settings == {"steps": "points on the path, and more about them", "baseline": "b, the input"}
    assert (frame.laws, frame.cost, frame.beware) == ("dummy", "one forward", "it is only a mean")
    assert frame.source == 'Author, "Title", 2000, eq. 1 and a second line'


def test_settings_none_are_none():
    assert frame_of(METHODS["saliency"]).settings == {}


def test_every_method_has_every_part():
    for name, cls in METHODS.items():
        frame = frame_of(cls)
        assert list(frame.settings) == list(settings_of(cls)), name
        assert all([frame.summary, frame.formula, frame.laws, frame.cost, frame.beware, frame.source]), name
        assert "[1]" not in frame.summary


def test_types_and_defaults_in_words():
    known = settings_of(METHODS["integrated-gradients"]) | settings_of(METHODS["smoothgrad"])
    assert type_words(known["steps"]) == "integer from 1"
    assert type_words(known["tolerance"]) == "number above 0 or none"
    assert type_words(known["of"]) == "method"
    assert default_words(known["of"]) == "gradient"
    assert default_words(known["baseline"]) == "0.0"
    assert of_schema({"enum": ["a", "b"]}) == "'a' or 'b'"


def test_takers_hold_every_setting_of_every_method():
    found = takers()
    for name, cls in METHODS.items():
        assert all(name in found[setting] for setting in settings_of(cls))
