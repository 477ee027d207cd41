"""Choosing a method on a linear network, on which it is known which one is right, and how many passes each needs."""

import numpy as np
import pytest
import torch

import vitrail
from judging import linear, points
from vitrail.choose import about, drawn
from vitrail.errors import BadInput, BadSetting, NoSuchMethod

IDEAL = "input-x-gradient"
METRIC = {"metric": "srg", "steps": 4}


@pytest.fixture(scope="module")
def model():
    return vitrail.open(linear())


def chosen(model, methods, x=None, metric=METRIC, **settings):
    return vitrail.choose(model, points(12) if x is None else x, methods, metric, target=0, **settings)


def test_the_method_that_is_right_is_chosen(model):
    board = chosen(model, ["gradient", IDEAL])
    assert board.kind == "leaderboard"
    assert board.checks["method"] == {"method": IDEAL}
    assert board.checks["why"].startswith(f"{IDEAL} is the best of 2 by srg over 8 examples.")


@pytest.mark.parametrize("order", [1, -1])
def test_of_those_that_are_as_good_the_cheapest_is_chosen(model, order):
    methods = [{"method": "integrated-gradients", "steps": 9}, IDEAL][::order]
    board = chosen(model, methods)
    assert board.checks["method"] == {"method": IDEAL}
    assert "cannot be told apart by srg over 8 examples at 95 %" in board.checks["why"]
    assert board.checks["why"].endswith("needs the fewest passes of them.")


def test_lower_is_better_where_the_metric_says_so(model):
    assert chosen(model, ["gradient", IDEAL], metric="infidelity").checks["method"] == {"method": IDEAL}


def test_what_does_not_beat_the_controls_is_said(model):
    board = chosen(model, [{"method": "smoothgrad", "std": 1000.0, "samples": 1}], metric="deletion")
    assert "does not beat" in board.checks["why"]


def test_what_does_not_suit_the_network_is_left_out_with_its_reason(model):
    board = chosen(model, ["grad-cam", IDEAL, "tree-shap"])
    assert board.labels["method"][:-2] == [IDEAL]
    assert set(board.checks["left_out"]) == {"grad-cam", "tree-shap"}
    assert "has no trees" in board.checks["left_out"]["tree-shap"]


def passes(model, methods, count=8):
    """Of the comparison, for each example."""
    used = vitrail.compare(model, points(count), methods, [METRIC], target=0).checks["passes"]
    assert used % count == 0
    return used // count


def test_passes_are_those_of_the_controls_the_methods_and_the_metric(model):
    # by pencil: once x itself for all; every curve 4 steps, 2 curves each, for a control and a method; one gradient
    assert passes(model, ["gradient"]) == 1 + 3 * 8 + 2


def test_the_budget_bounds_the_passes(model):
    dear = {"method": "integrated-gradients", "steps": 50}
    needed = passes(model, [IDEAL, dear])
    assert chosen(model, [IDEAL, dear], budget=needed).checks["left_out"] == {}
    board = chosen(model, [IDEAL, dear], budget=needed - 1)
    assert "more than" in board.checks["left_out"]["integrated-gradients steps=50"]
    assert board.checks["passes"] <= (needed - 1) * 8


def test_what_was_left_out_costs_nothing(model):
    dear = {"method": "integrated-gradients", "steps": 500}
    board = chosen(model, [dear, IDEAL], budget=passes(model, [IDEAL]))
    assert board.labels["method"][:-2] == [IDEAL]


def test_examples_are_drawn_under_the_seed(model):
    x = points(40)
    few, again, other = (drawn(model, x, 0, None, 5, seed) for seed in (0, 0, 1))
    torch.testing.assert_close(few.x, again.x)
    assert not torch.equal(few.x, other.x)
    assert len(few) == 5
    assert len(drawn(model, x, 0, None, 100, 0)) == 40


def test_masks_and_targets_go_with_their_examples(model):
    x, masks = points(6), np.arange(6)[:, None].repeat(5, 1)
    few = drawn(model, x, list(range(6)), masks, 3, 0)
    rows = few.masks[:, 0]
    torch.testing.assert_close(few.x, x[torch.as_tensor(rows)])
    assert few.target.index == rows.tolist()


def test_a_question_about_some_of_the_examples():
    each = vitrail.Output([4, 5, 6])
    assert about(each, [2, 0]).index == [6, 4]
    assert about(vitrail.Predicted(), [1]) == vitrail.Predicted()
    assert about(vitrail.Difference(each, vitrail.Output(1)), [1]).this.index == [5]
    assert about(2 * each, [1]).terms[0][1].index == [5]


def test_variants_are_all_combinations():
    found = vitrail.variants("smoothgrad", std=[0.1, 0.3], samples=range(1, 3))
    assert len(found) == 4
    assert {"method": "smoothgrad", "std": 0.3, "samples": 1} in found
    assert vitrail.variants("gradient") == [{"method": "gradient"}]


def test_the_setting_that_is_best_is_found(model):
    # the baseline of the metric is 0: shares from any other answer another question
    board = chosen(model, vitrail.variants("integrated-gradients", baseline=[3.0, 0.0, -3.0]), metric="infidelity")
    assert board.checks["method"] == {"method": "integrated-gradients", "baseline": 0.0}


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"budget": 5}, BadSetting, "budget=5 does not last for the controls alone"),
        ({"budget": 0}, BadSetting, "budget must be a whole number from 1"),
        ({"examples": 0}, BadSetting, "examples must be a whole number from 1"),
        ({"examples": 1}, BadInput, "one example was given"),
        ({"methods": ["tree-shap"]}, BadInput, "none of 1 methods can be asked; tree-shap"),
        ({"methods": []}, BadSetting, "no list"),
        ({"metric": "pointing-game"}, BadInput, "no masks were given"),
        ({"metric": "sgr"}, BadSetting, "no metric named 'sgr'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(model, asked, kind, words):
    given = {"methods": [IDEAL], "metric": METRIC, **asked}
    with pytest.raises(kind, match=words):
        vitrail.choose(model, points(12), target=0, **given)


def test_a_method_that_does_not_exist_is_no_reason_to_leave_it_out(model):
    with pytest.raises(NoSuchMethod):
        chosen(model, ["no-such", IDEAL])
    with pytest.raises(BadSetting, match="steps"):
        chosen(model, [{"method": "integrated-gradients", "steps": 0}, IDEAL])


def test_variants_of_nothing_are_refused():
    with pytest.raises(NoSuchMethod):
        vitrail.variants("smooth")
    with pytest.raises(BadSetting, match=r"Write std=\[0.1\]"):
        vitrail.variants("smoothgrad", std=0.1)
    with pytest.raises(BadSetting, match="no list of values"):
        vitrail.variants("smoothgrad", std=[])
