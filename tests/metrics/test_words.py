import numpy as np

from vitrail.metrics.words import listed, verdict

RNG = np.random.default_rng(0)
BASE = RNG.normal(0, 1, 30)
NAMES = ["one", "two", "three", "random", "edge"]


def said(*offsets, better="higher", names=NAMES):
    scores = np.stack([BASE + offset + 1e-3 * RNG.normal(size=30) for offset in offsets], 1)
    return verdict("srg", better, names, scores, 0.95, 0)


def test_one_is_best():
    assert said(5, 3, 1, 0, 0) == "srg: one is the best. two and three are worse."


def test_some_cannot_be_told_apart():
    words = said(5, 5, 1, 0, 0)
    assert words == "srg: one and two are not distinguishable at 95 %. three is worse."


def test_lower_may_be_better():
    assert said(5, 3, 1, 9, 9, better="lower") == "srg: three is the best. one and two are worse."


def test_who_does_not_beat_a_control_is_named():
    assert said(5, 3, 1, 4, 0).endswith("two and three do not beat random.")
    assert said(5, 3, 1, 0, 9).endswith("None beats edge.")
    assert said(5, 3, 1, 2, 0).endswith("three does not beat random.")


def test_one_alone():
    assert said(5, 0, 0, names=["one", "random", "edge"]) == "srg: one was asked alone."


def test_no_score_at_all():
    assert "no score" in verdict("srg", "higher", NAMES, np.full((30, 5), np.nan), 0.95, 0)


def test_lists():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefgh")) == "a, b, c and 5 others"
