"""method="auto": what it chooses, when it looks again, and what it keeps."""

import json

import numpy as np
import pytest
import torch

import vitrail
from judging import linear, points
from vitrail.auto import KEPT
from vitrail.errors import BadSetting

IDEAL = "input-x-gradient"
SETTINGS = {"methods": ["gradient", IDEAL], "metric": {"metric": "srg", "steps": 4}}


@pytest.fixture(autouse=True)
def nothing_kept():
    KEPT.clear()
    yield
    KEPT.clear()


@pytest.fixture(scope="module")
def model():
    return vitrail.open(linear())


def asked(model, x, **settings):
    return vitrail.explain(model, x, "auto", target=0, **{**SETTINGS, **settings})


def choice(answer):
    return answer.provenance["choice"]


def test_it_answers_as_the_method_that_it_chose(model):
    x = points(12)
    answer, direct = asked(model, x), vitrail.explain(model, x, IDEAL, target=0)
    assert answer.method == IDEAL
    np.testing.assert_array_equal(answer.values, direct.values)
    assert choice(answer)["method"] == {"method": IDEAL}
    assert "is the best of 2 by srg over 8 examples" in choice(answer)["why"]
    assert [row["method"] for row in choice(answer)["scores"]] == ["gradient", IDEAL, "random", "edge"]
    assert answer.provenance["settings"] == direct.provenance["settings"]


def test_the_reason_is_saved_with_the_answer(model, tmp_path):
    answer = asked(model, points(12))
    back = vitrail.load(answer.save(tmp_path / "a.safetensors"))
    assert choice(back) == choice(answer)


def test_it_looks_once_for_a_network(model):
    first, then = asked(model, points(12)), asked(model, points(12, seed=5))
    assert not choice(first)["cached"]
    assert choice(then)["cached"]
    assert choice(then)["method"] == choice(first)["method"]


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"budget": 999}, {"examples": 9}, {"metric": "deletion"}, {"methods": [IDEAL]}],
    ids=lambda other: next(iter(other)),
)
def test_it_looks_again_under_other_settings(model, other):
    asked(model, points(12))
    assert not choice(asked(model, points(12), **other))["cached"]


def test_it_looks_again_when_the_weights_change():
    net = linear()
    asked(vitrail.open(net), points(12))
    with torch.no_grad():
        net.weight[0, 0] += 1
    assert not choice(asked(vitrail.open(net), points(12)))["cached"]


def test_it_looks_again_for_another_kind_of_question_but_not_for_another_class(model):
    x = points(12)
    asked(model, x)
    assert choice(vitrail.explain(model, x, "auto", target=1, **SETTINGS))["cached"]
    other = vitrail.Output(0, of="probability")
    assert not choice(vitrail.explain(model, x, "auto", target=other, **SETTINGS))["cached"]


def test_functions_cannot_be_told_from_each_other_and_are_looked_at_again():
    def network(x):
        return np.asarray(x)[:, :2]

    model = vitrail.open(network)
    for _ in range(2):
        answer = vitrail.explain(model, points(9).numpy(), "auto", target=0, methods=["gradient", "occlusion"])
        assert not choice(answer)["cached"]
    assert choice(answer)["left_out"].keys() == {"gradient"}


def test_one_example_gives_the_highest_score_and_no_more_is_claimed(model):
    answer = asked(model, points(1))
    assert answer.method == IDEAL
    assert "on one example" in choice(answer)["why"]
    assert [set(row) for row in choice(answer)["scores"]] == [{"method", "mean", "evaluations"}] * 2


def test_one_example_by_a_metric_where_lower_is_better(model):
    assert asked(model, points(1), metric="infidelity").method == IDEAL


def test_what_more_examples_said_is_used_for_one(model):
    asked(model, points(1))
    assert not choice(asked(model, points(12)))["cached"]
    then = choice(asked(model, points(1)))
    assert then["cached"]
    assert then["examples"] == 8


def test_a_folder_keeps_choices_for_later(model, tmp_path):
    first = asked(model, points(12), cache=str(tmp_path / "choices"))
    KEPT.clear()
    then = asked(model, points(12, seed=3), cache=str(tmp_path / "choices"))
    assert choice(then)["cached"]
    assert choice(then) == choice(first) | {"cached": True}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"method": {"method": "rm"}, "why": ""}', '{"method": 3, "why": ""}']
)
def test_a_damaged_file_is_no_choice(model, tmp_path, text):
    asked(model, points(12), cache=str(tmp_path))
    (kept,) = tmp_path.iterdir()
    kept.write_text(text)
    KEPT.clear()
    answer = asked(model, points(12), cache=str(tmp_path))
    assert not choice(answer)["cached"]
    assert json.loads(kept.read_text())["method"] == {"method": IDEAL}


def test_settings_may_stand_with_the_name(model):
    answer = vitrail.explain(model, points(12), {"method": "auto", **SETTINGS}, target=0)
    assert answer.method == IDEAL


def test_the_usual_candidates_suit_a_usual_network(model):
    answer = vitrail.explain(model, points(4), "auto")
    assert set(choice(answer)["left_out"]) == {"tree-shap", "layer-cam"}
    assert choice(answer)["examples"] == 4


def test_what_does_not_exist_is_refused(model):
    with pytest.raises(BadSetting, match="Auto has no setting 'budgt'. Did you mean 'budget'"):
        vitrail.explain(model, points(4), "auto", budgt=3)
    with pytest.raises(BadSetting, match="budget"):
        vitrail.explain(model, points(4), "auto", budget=0)
