import numpy as np
import pytest
from scipy.stats import ks_2samp

from vitrail.trust import judge
from vitrail.trust.conformal import p_values
from vitrail.trust.judge import Judge


def test_every_score_comes_with_its_p_value(fitted, usual):
    state, facts = fitted
    found = judge(state, facts, usual(30, 5))
    names = {"path", "distance", "msp", "energy", "mahalanobis", "knn", "vim", "react", "layers", "combined"}
    assert set(found.scores) == set(found.p) == names
    for name in names:
        np.testing.assert_array_equal(found.p[name], p_values(state[f"calibration/{name}"], found.scores[name]))
    np.testing.assert_array_equal(found.combined, found.p["combined"])


def test_combined_is_the_weighted_surprise(fitted, strange):
    state, facts = fitted
    reading = strange(30, 5)
    own = Judge.remade(state, facts)
    found = judge(state, facts, reading).scores
    slow = sum(w * own.scales.surprises[name](found[name]) for name, w in facts["weights"].items())
    np.testing.assert_allclose(found["combined"], slow)
    assert sum(facts["weights"].values()) > 0.999


def test_layers_add_up(fitted, strange):
    state, facts = fitted
    reading = strange(30, 5)
    own = Judge.remade(state, facts)
    raw = own.detectors(reading)
    slow = sum(own.scales.surprises[f"layer/{i}"](raw[f"layer/{i}"]) for i in range(2))
    np.testing.assert_allclose(judge(state, facts, reading).scores["layers"], slow)


def test_a_batch_is_judged_as_one_by_one(fitted, usual, part):
    state, facts = fitted
    reading = usual(25, 6)
    whole = judge(state, facts, reading)
    each = [judge(state, facts, part(reading, slice(i, i + 1))) for i in range(25)]
    for name, scores in whole.scores.items():
        np.testing.assert_allclose(np.concatenate([one.scores[name] for one in each]), scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([one.combined for one in each]), whole.combined, atol=2 / 601)


def test_p_values_of_fresh_examples_are_uniform_and_those_of_strange_ones_small(fitted, usual, strange):
    state, facts = fitted
    fresh, odd = judge(state, facts, usual(600, 7)), judge(state, facts, strange(300, 8))
    for name, p in fresh.p.items():
        # the calibration is a sample as well: two samples of scores, of which the p-values are the ranks
        assert ks_2samp(fresh.scores[name], state[f"calibration/{name}"]).pvalue > 1e-3, name
        ties = name == "path"  # of few different scores: ties count against an example, so its p is larger
        assert p.mean() == pytest.approx(0.55 if ties else 0.5, abs=4 * np.sqrt(2 / 12 / 600) + 0.05 * ties)
    assert (odd.combined <= 0.05).mean() > 0.5
    assert (fresh.combined <= 0.05).mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 * 2 / 600)
