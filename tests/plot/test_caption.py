import numpy as np
import pytest

from vitrail.plot import caption


def prediction(*said):
    return {"provenance": {"prediction": list(said)}}


def test_the_prediction_comes_with_its_probability(make):
    said = {"index": 1, "name": "cat", "probability": 0.9823}
    assert caption.predicted(make["picture"](**prediction(said, said)), 0) == "cat (98.2\u00a0%)"


def test_a_prediction_without_probability_is_a_name(make):
    said = {"index": 0, "name": "", "probability": None}
    assert caption.predicted(make["picture"](**prediction(said, said)), 1) == "0"


@pytest.mark.parametrize(
    ("outputs", "labels", "text"),
    [
        ([[0.1, 0.9], [1, 0]], {"class": ["cat", "dog"]}, "dog"),
        ([[0.1, 0.9], [1, 0]], {}, "1"),
        ([[1.25], [2.0]], {}, "1.25"),
        ([1.25, 2.0], {}, "1.25"),
        (np.zeros((2, 3, 4)), {}, ""),
    ],
)
def test_without_provenance_the_outputs_speak(make, outputs, labels, text):
    assert caption.predicted(make["picture"](outputs=np.array(outputs), labels=labels), 0) == text


@pytest.mark.parametrize(
    ("target", "text"), [({"label": "a & b"}, "a & b"), ({"labels": ["x", "y"], "label": "z"}, "y"), ({}, "")]
)
def test_what_was_asked(make, target, text):
    assert caption.asked(make["picture"](target=target), 1) == text


PROMISED = {"completeness": "promised", "completeness_gap_relative": np.array([-0.0123, np.nan])}


def test_the_gap_is_a_percentage_where_it_was_promised(make):
    assert caption.gap_text(make["picture"](checks=PROMISED), 0) == "1.23\u00a0%"


@pytest.mark.parametrize(
    ("checks", "example", "why"),
    [
        (PROMISED, 1, caption.NOT_MEASURED),
        ({**PROMISED, "completeness": "measured only"}, 0, caption.NOT_PROMISED),
        ({"completeness": "promised"}, 0, caption.NOT_MEASURED),
        ({}, 0, caption.NOT_MEASURED),
    ],
)
def test_no_gap_has_a_reason(make, checks, example, why):
    answer = make["picture"](checks=checks)
    assert caption.gap(answer, example) is None
    assert caption.gap_text(answer, example) == ""
    assert caption.why_no_gap(answer) == why


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.00 %"), (1e-9, "< 0.01 %"), (0.0001, "0.01 %"), (0.5, "50.00 %"), (3.0, "300.00 %")]
)
def test_a_small_gap_never_looks_like_none(share, text):
    assert caption.percent(share).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (8192, "8\u202f192"), (2.0, "2"), (0.12345, "0.123"), ("a", "a")]
)
def test_numbers_are_short(value, text):
    assert caption.short(value) == text


@pytest.mark.parametrize("check", [np.array([3, 5]), [3, 5]])
def test_a_check_is_one_for_each_example_or_one_for_all(check):
    assert caption.at(check, 1) == 5
    assert caption.at(7, 1) == 7
    assert caption.at(None, 1) is None


def test_the_headline_leaves_out_what_is_not_known(make):
    said = {"index": 1, "name": "cat", "probability": None}
    full = make["picture"](checks=PROMISED, target={"label": "dog"}, **prediction(said, said))
    assert caption.headline(full, 0) == "predicted cat · asked about dog · gap 1.23\u00a0%"
    assert caption.headline(full, 1) == "predicted cat · asked about dog"
    assert caption.headline(make["picture"](outputs=np.zeros((2, 3, 4))), 1) == "example 1"


def test_marks_of_tokenizers_are_spaces():
    assert caption.readable("Ġfilm") == caption.readable("▁film") == " film"
    assert caption.readable("a\n") == "a↵"


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        (["won", "der", " ful", "l"], [("won", False), ("der", True), ("ful", False), ("l", True)]),
        (["[CLS]", " a", "b", "[SEP]"], [("[CLS]", False), ("a", False), ("b", True), ("[SEP]", False)]),
        (["<s>", "a", " b", "</s>"], [("<s>", False), ("a", False), ("b", False), ("</s>", False)]),
        (["a", "b", "."], [("a", False), ("b", False), (".", False)]),
        (["a", " ", "<"], [("a", False), (" ", False), ("<", True)]),
        ([], []),
    ],
)
def test_a_token_without_a_space_goes_on_where_others_have_one(tokens, found):
    assert caption.pieces(tokens) == found
