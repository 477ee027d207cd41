import json

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from judging import WEIGHTS, linear, points
from vitrail.errors import BadInput, BadSetting
from vitrail.metrics.deletion import Deletion


@pytest.fixture(scope="module")
def model():
    return vitrail.open(linear())


@pytest.fixture(scope="module")
def answer(model):
    return vitrail.explain(model, points(6), "input-x-gradient", target=0)


def test_a_score_for_each_example(model, answer):
    score = vitrail.measure(model, answer, "infidelity")
    assert score.kind == "score"
    np.testing.assert_allclose(score.values, np.zeros(6), atol=1e-20)
    assert score.checks["better"] == "lower"
    assert score.provenance["of"]["method"] == "input-x-gradient"
    assert score.provenance["settings"] == {"portion": 0.2, "samples": 100, "seed": 0}


def test_it_is_what_compare_says(model, answer):
    board = vitrail.compare(model, points(6), ["input-x-gradient"], ["srg", "deletion"], target=0)
    for j, metric in enumerate(("srg", "deletion")):
        np.testing.assert_allclose(vitrail.measure(model, answer, metric).values, board.arrays["scores"][:, 0, j])


def test_the_question_is_that_of_the_answer(model):
    for target in (1, "predicted", [0, 1, 0, 1, 0, 1], vitrail.Output(1, of="probability")):
        explained = vitrail.explain(model, points(6), "input-x-gradient", target=target)
        found = vitrail.measure(model, explained, Deletion(8)).values
        expected = vitrail.compare(model, points(6), ["input-x-gradient"], [Deletion(8)], target=target)
        np.testing.assert_allclose(found, expected.arrays["scores"][:, 0, 0])


def test_a_question_that_cannot_be_read_is_asked_for(model):
    target = vitrail.Difference(vitrail.Output(0), vitrail.Output(1))
    explained = vitrail.explain(model, points(4), "input-x-gradient", target=target)
    with pytest.raises(BadSetting, match="Say target="):
        vitrail.measure(model, explained, "infidelity")
    np.testing.assert_allclose(vitrail.measure(model, explained, "infidelity", target=target).values, 0, atol=1e-20)


def test_a_saved_answer_is_measured_alike(model, answer, tmp_path):
    back = vitrail.load(answer.save(tmp_path / "answer"))
    np.testing.assert_array_equal(
        vitrail.measure(model, back, "srg").values, vitrail.measure(model, answer, "srg").values
    )


def test_masks_say_where_the_answer_should_be(model, answer):
    masks = np.broadcast_to((WEIGHTS > 0).numpy(), (6, 8))
    with pytest.raises(BadInput, match="masks have shape"):
        vitrail.measure(model, answer, "srg", masks[:, :7])
    vitrail.measure(model, answer, "srg", masks)


def test_another_network_is_refused(answer):
    with pytest.raises(BadInput, match="about another network"):
        vitrail.measure(vitrail.open(linear(1.0)), answer, "srg")


def test_the_wrong_kind_is_refused():
    net = vitrail.open(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)).double())
    inside = vitrail.explain(net, points(3), "layer-activation")
    with pytest.raises(BadInput, match="kind 'activation' has no shares"):
        vitrail.measure(net, inside, "srg")


def test_other_examples_are_refused(model, answer):
    for x in (points(6, seed=9), points(5)):
        with pytest.raises(BadInput, match="is not what was explained"):
            vitrail.measure(model, answer, "srg", x=x)


def test_texts_are_given_again():
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(0)
    folder = ".data/minilm/model"
    net = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    model = vitrail.open(net, tokenizer=AutoTokenizer.from_pretrained(folder))
    texts = ["a good film", "the worst thing of them all"]
    explained = vitrail.explain(model, texts, "input-x-gradient", target=0)
    score = vitrail.measure(model, explained, {"metric": "deletion", "steps": 6}, x=texts, baseline="mask")
    assert np.isfinite(score.values).all()


def test_other_networks_are_a_setting_by_name_and_weights(model, answer):
    other = vitrail.open(nn.Linear(8, 2).double())
    for models in ([other], (other,)):
        score = vitrail.measure(model, answer, {"metric": "mege", "models": models, "labels": [0] * 6})
        about = {"name": "Linear", "weights": other.fingerprint.digest()}
        assert json.loads(json.dumps(score.provenance["settings"])) == {"models": [about], "labels": [0] * 6}
