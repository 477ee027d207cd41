import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from vitrail import trust


@pytest.fixture
def fit(batches, clusters):
    def call(training, validation, unusual, calibration, size=10_000, **settings):
        made = [batches(each, size) for each in (training, validation, unusual, calibration)]
        return trust.fit(*made, **{"classes": 3, "clusters": clusters, "seed": 0, **settings})

    return call


@pytest.fixture
def four(usual, strange):
    return usual(1500, 1), usual(200, 2), strange(200, 3), usual(300, 4)


def shuffled(reading, part, seed=0):
    return part(reading, np.random.default_rng(seed).permutation(len(reading.logits)))


def test_calibration_chooses_nothing(fit, four, usual, part):
    state, facts = fit(*four)
    others = [shuffled(four[3], part), usual(350, 9)]
    for calibration in others:
        other, told = fit(*four[:3], calibration)
        assert told["weights"] == facts["weights"]
        for name, array in state.items():
            if not name.startswith("calibration/"):
                np.testing.assert_array_equal(other[name], array)
    for name in facts["weights"]:
        np.testing.assert_array_equal(fit(*four[:3], others[0])[0][f"calibration/{name}"], state[f"calibration/{name}"])


def test_batches_do_not_matter(fit, four, usual):
    new = usual(50, 6)
    one, many = (trust.judge(*fit(*four, size=size), new) for size in (10_000, 61))
    for name, scores in one.scores.items():
        np.testing.assert_allclose(many.scores[name], scores, rtol=1e-3, atol=1e-3)


def test_the_order_of_batches_does_not_matter(fit, four, usual, part):
    new = usual(50, 6)
    one = trust.judge(*fit(*four), new)
    other = trust.judge(*fit(*(shuffled(each, part) for each in four)), new)
    for name, scores in one.scores.items():
        np.testing.assert_allclose(other.scores[name], scores, rtol=1e-3, atol=1e-3)


def test_facts_are_plain_and_say_what_was_done(fit, four):
    _, facts = fit(*four)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["columns"] == "softmax"
    assert [facts[name] for name in ("training", "validation", "unusual", "calibration")] == [1500, 200, 200, 300]
    assert facts["head_r_squared"] == pytest.approx(1, abs=1e-6)
    assert facts["left_out"] == {}
    assert facts["remarks"] == []
    assert set(facts["weights"]) == {
        *("path", "distance", "msp", "energy", "mahalanobis", "knn", "vim", "react", "layers")
    }


def test_a_head_that_is_not_linear_is_told(fit, four):
    bent = [replace(each, logits=np.sin(each.logits)) for each in four]
    _, facts = fit(*bent)
    assert facts["head_r_squared"] < 0.99
    assert "no linear map" in facts["remarks"][0]


def test_without_made_up_inputs_all_scores_count_alike(fit, four, part):
    _, facts = fit(four[0], four[1], part(four[2], slice(0)), four[3])
    assert set(np.round(list(facts["weights"].values()), 12)) == {round(1 / 9, 12)}
    assert "count alike" in facts["remarks"][0]


def test_a_network_without_classes_is_told(fit, four):
    numbers = [replace(each, logits=each.logits[:, :1], predicted=each.predicted * 0) for each in four]
    state, facts = fit(*numbers, classes=4)
    assert set(facts["left_out"]) == {"msp", "energy", "vim", "react"}
    assert facts["columns"] == "none"
    found = trust.judge(state, facts, numbers[3])
    assert set(found.scores) == {"path", "distance", "mahalanobis", "knn", "layers", "combined"}


def test_state_does_not_grow(fit, four, monkeypatch):
    monkeypatch.setattr(sys.modules["vitrail.trust.fit"], "KEPT", 50)
    state, facts = fit(*four, size=40)
    assert facts["calibration"] == facts["validation"] == 50
    assert {len(array) for name, array in state.items() if name.startswith("calibration/")} == {50}


def test_a_network_whose_training_is_far_from_new_data_still_keeps_its_word(usual, strange, fit):
    """Scores that were learnt from other examples are worse scores; their p-values hold all the same."""
    calibration, fresh = strange(400, 5), strange(400, 6)
    state, facts = fit(usual(500, 1), usual(100, 2), strange(100, 3), calibration)
    p = trust.judge(state, facts, fresh).combined
    assert kstest(p, trust.judge(state, facts, strange(400, 7)).combined).pvalue > 1e-3
    assert (p <= 0.05).mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 * 2 / 400)
