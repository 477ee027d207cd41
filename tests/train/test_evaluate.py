"""The verb on networks from anywhere."""

from importlib import import_module

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from lessons import blobs, numbers
from vitrail.errors import BadInput, BadSetting
from vitrail.train.evaluate import CHUNK, answers, evaluate, known


def linear(weights, *after):
    """A torch network x -> x @ weights, in float64."""
    first = nn.Linear(*np.shape(weights), bias=False, dtype=torch.float64)
    with torch.no_grad():
        first.weight.copy_(torch.tensor(weights, dtype=torch.float64).T)
    return nn.Sequential(first, *after).eval()


CORNERS = np.eye(4)[:, :3] * 2  # tells three clouds apart


def test_logits_become_probabilities():
    data = blobs()
    model = vitrail.open(linear(CORNERS), classes=["a", "b", "c"])
    x, y = data.part("test")
    answer = evaluate(model, data)
    logits = x.astype(np.float64) @ CORNERS
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(answer.outputs, expected, rtol=1e-6)
    assert answer.checks["accuracy"] == pytest.approx((logits.argmax(1) == y).mean())
    assert answer.checks["accuracy"] > 0.8
    assert answer.provenance["model"]["weights"] == model.fingerprint.digest()
    assert answer.provenance["part"] == "test"
    np.testing.assert_array_equal(answer.arrays["row"], data.rows["test"])


def test_a_softmax_of_its_own_makes_no_difference():
    one, other = (vitrail.open(linear(CORNERS, *after)) for after in ([], [nn.Softmax(1)]))
    assert evaluate(one, blobs()).checks["log_loss"] == pytest.approx(evaluate(other, blobs()).checks["log_loss"])


@pytest.mark.parametrize("part", ["train", "validation", "test", "all"])
def test_the_part_that_was_asked_for(part):
    data = blobs()
    answer = evaluate(vitrail.open(linear(CORNERS)), data, part=part)
    assert len(answer) == (len(data) if part == "all" else len(data.rows[part]))


def test_classes_go_by_their_names_not_by_their_places():
    model = vitrail.open(linear(CORNERS[:, [2, 0, 1]]), classes=["c", "a", "b"])
    plain = vitrail.open(linear(CORNERS), classes=["a", "b", "c"])
    mixed, straight = evaluate(model, blobs()), evaluate(plain, blobs())
    assert mixed.checks["accuracy"] == straight.checks["accuracy"] > 0.8
    np.testing.assert_allclose(mixed.arrays["recall"], straight.arrays["recall"][[2, 0, 1]])


def test_a_network_may_know_more_classes_than_there_are_in_the_data():
    weights = np.concatenate([CORNERS, np.full((4, 1), -1.0)], 1)
    answer = evaluate(vitrail.open(linear(weights), classes=["a", "b", "c", "d"]), blobs())
    assert answer.arrays["confusion"].shape == (4, 4)
    assert answer.checks["accuracy"] > 0.8


def test_a_class_that_the_network_does_not_know_is_refused():
    with pytest.raises(BadInput, match="a class 'c' that .* does not know"):
        evaluate(vitrail.open(linear(CORNERS), classes=["a", "b", "x"]), blobs())


def test_one_unit_is_of_the_second_class():
    answer = evaluate(vitrail.open(linear([[-2.0], [2], [0], [0]])), blobs(2))
    assert answer.checks["task"] == "binary"
    assert answer.checks["accuracy"] > 0.9


def test_numbers_are_taken_as_they_are():
    data = numbers()
    answer = evaluate(vitrail.open(linear([[1.0], [2], [3]])), data)
    x, y = data.part("test")
    np.testing.assert_allclose(answer.values, y - x @ [[1], [2], [3]], atol=1e-6)
    assert answer.checks["r2"] > 0.99


def test_data_may_be_given_as_they_lie_about():
    data = blobs()
    names = np.array(data.classes)[data.y]
    answer = evaluate(vitrail.open(linear(CORNERS), classes=["a", "b", "c"]), (data.x, names), part="all")
    assert len(answer) == len(data)
    assert answer.checks["accuracy"] > 0.8


def test_more_examples_than_are_made_into_numbers_at_once(monkeypatch):
    whole = evaluate(vitrail.open(linear(CORNERS)), blobs(), part="all")
    monkeypatch.setattr(import_module("vitrail.train.evaluate"), "CHUNK", 7)
    assert len(blobs()) < CHUNK
    parts = evaluate(vitrail.open(linear(CORNERS)), blobs(), part="all")
    np.testing.assert_allclose(parts.outputs, whole.outputs)


def test_how_data_are_read_for_a_network_that_says_so():
    table = vitrail.Table(["a", "b", "c", "d"])
    model = vitrail.open(linear(CORNERS), classes=["a", "b", "c"], inputs=table)
    assert known(model) == {"inputs": table, "classes": ("a", "b", "c")}
    assert known(vitrail.open(linear(CORNERS))) == {}


def test_answers_are_probabilities_or_numbers():
    model = vitrail.open(linear(CORNERS))
    x = blobs().part("test")[0].astype(np.float64)
    np.testing.assert_allclose(answers(model, x, True), x @ CORNERS, rtol=1e-6)
    np.testing.assert_allclose(answers(model, x, False).sum(1), 1)


def test_a_part_that_does_not_exist_is_refused():
    with pytest.raises(BadSetting, match="part='tset'"):
        evaluate(vitrail.open(linear(CORNERS)), blobs(), part="tset")
