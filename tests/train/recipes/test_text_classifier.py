"""The text classifier: its parts are as the formula says, padding counts for nothing, another process opens it."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import vitrail
from vitrail.errors import BadSetting
from vitrail.train.backend import school
from vitrail.train.recipes.text_classifier import TextClassifier
from vitrail.train.sources import data_of
from vitrail.train.verb import train

SMALL = {"depth": 2, "heads": 2, "width": 8, "inner": 12}
WORDS = "film plot scene actor story".split()
PROGRAM = """
import sys, vitrail
model = vitrail.open(sys.argv[1])
print(*model.classes, *(f"{p:.6f}" for p in model(["a good film", "bad", "a plot"])[:, 0].tolist()))
"""


def reviews(n=60):
    """A good or bad something: one word tells."""
    texts = [f"a {('bad', 'good')[i % 2]} {WORDS[i % 5]}" + " of all" * (i % 3) for i in range(n)]
    return data_of((texts, ["ab"[i % 2] for i in range(n)]), vocabulary=60)


@pytest.fixture(scope="module")
def data():
    return reviews()


@pytest.fixture(scope="module")
def network(data):
    keras = school()
    keras.utils.set_random_seed(0)
    return TextClassifier(**SMALL).build(keras, data)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    settings = {**SMALL, "dropout": 0.0, "epochs": 15, "batch": 8, "rate": 0.01, "patience": None}
    return train("text-classifier", data, folder=tmp_path_factory.mktemp("runs"), **settings)


def normed(h):
    return (h - h.mean(-1, keepdims=True)) / np.sqrt(h.var(-1, keepdims=True) + 1e-3)


def by_hand(network, ids):
    """One text without padding, by the formula, heads one by one; norms have not learnt yet."""
    part = {layer.name: layer.get_weights() for layer in network.layers}
    h = part["tokens"][0][ids] + part["places"][0][: len(ids)]
    for k in (1, 2):
        wq, bq, wk, bk, wv, bv, wo, bo = part[f"attention_{k}"]
        x, said = normed(h), bo.copy()
        for head in range(wq.shape[1]):
            q, key, v = (x @ w[:, head] + b[head] for w, b in ((wq, bq), (wk, bk), (wv, bv)))
            weights = np.exp(q @ key.T / np.sqrt(q.shape[1]))
            said = said + weights / weights.sum(1, keepdims=True) @ v @ wo[head]
        h = h + said
        (w, b), (w2, b2) = part[f"inner_{k}"], part[f"outer_{k}"]
        h = h + np.maximum(normed(h) @ w + b, 0) @ w2 + b2
    w, b = part["output"]
    return 1 / (1 + np.exp(-(normed(h).mean(0) @ w + b)))


def test_it_is_the_formula(network, data):
    ids = data.x[0][data.x[0] != 0]
    assert len(ids) > 4
    assert network.get_layer("attention_1").get_weights()[0].shape == (8, 2, 4)
    said = network.predict(ids[None], verbose=0)[0]
    np.testing.assert_allclose(said, by_hand(network, ids), rtol=1e-4)
    assert abs(said[0] - 0.5) > 1e-3


def test_padding_changes_nothing(network, data):
    ids = data.x[0][data.x[0] != 0][None]
    wider = np.pad(ids, ((0, 0), (0, data.x.shape[1] - ids.shape[1])))
    assert wider.shape[1] > ids.shape[1]
    one, other = (network.predict(x, verbose=0) for x in (ids, wider))
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_order_of_words_counts(network, data):
    ids = data.x[0][data.x[0] != 0][None]
    gap = network.predict(ids, verbose=0) - network.predict(ids[:, ::-1].copy(), verbose=0)
    assert np.abs(gap).max() > 1e-5


@pytest.mark.parametrize(("task", "end"), [("multiclass", (None, 3)), ("multilabel", (None, 3)), ("binary", (None, 1))])
def test_the_end_is_what_the_task_asks_for(data, task, end):
    y = np.eye(3)[data.y] if task == "multilabel" else data.y
    network = TextClassifier(**SMALL).build(school(), replace(data, y=y, task=task, classes=("a", "b", "c")))
    assert network.output.shape == end


def test_it_learns_which_word_counts(run, data):
    assert run.evaluation.checks["accuracy"] == 1.0
    answer = vitrail.explain(run.model, ["a good film"], "integrated-gradients", target="b")
    tokens = answer.labels["token"][0]
    assert "good" in tokens[int(answer.values[0].argmax())]
    assert answer.checks["completeness_gap_relative"].max() < 0.05


@pytest.mark.parametrize("method", ["attention-rollout", {"method": "partition-shap", "budget": 50}])
def test_methods_for_tokens_reach_it(run, method):
    answer = vitrail.explain(run.model, ["a good film", "a bad plot of all"], method, target="b")
    assert answer.axes["values"] == ("batch", "token")
    assert np.abs(answer.values).max() > 0.01


def test_rollout_leaves_padding_out(run):
    answer = vitrail.explain(run.model, ["a good film", "a bad plot of all of all"], "attention-rollout", target="b")
    short = len(answer.labels["token"][0])
    assert short < answer.values.shape[1]
    np.testing.assert_array_equal(answer.values[0, short:], 0)
    np.testing.assert_allclose(answer.values.sum(1), 1, rtol=1e-5)


def test_another_process_opens_it(run):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(run.folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-500:]
    *classes, first, second, third = done.stdout.split()
    assert classes == ["a", "b"]
    own = run.model(["a good film", "bad", "a plot"])[:, 0].tolist()
    assert [first, second, third] == [f"{p:.6f}" for p in own]
    assert own[0] > 0.9 > 0.1 > own[1]


def test_heads_must_share_the_width(data):
    with pytest.raises(BadSetting, match="3 heads cannot share a width of 8"):
        TextClassifier(heads=3, width=8).build(school(), data)


@pytest.mark.parametrize("settings", [{"schedule": "cosine"}, {"optimizer": "sgd"}])
def test_an_encoder_has_its_own_optimizer(data, tmp_path, settings):
    with pytest.raises(BadSetting, match="Leave both out"):
        train("text-classifier", data, folder=tmp_path, base=str(tmp_path), **settings)


def test_an_encoder_says_one_class(tmp_path, data):
    labels = replace(data, y=np.eye(2, dtype=int)[data.y], task="multilabel")
    with pytest.raises(BadSetting, match="several labels at once"):
        train("text-classifier", labels, folder=tmp_path, base=str(tmp_path))
