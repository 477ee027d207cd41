import re

import numpy as np
import pytest

from vitrail.explanation import Explanation
from vitrail.signatures.words import unusual, verdict, words_of
from vitrail.trust import Judgement, Reading

CLASSES, LAYERS = ["cat", "dog", "owl"], ["conv1", "dense.2"]


@pytest.fixture
def state():
    """400 cats: all but 4 in cluster 0 of conv1, then all but 8 in cluster 0 of dense.2; dogs go from 1 to 1 or 0."""
    counts = np.zeros((2, 3, 2, 2), np.int64)
    counts[0, 0, 0] = [396, 4]
    counts[1, 0] = [[392, 4], [0, 4]]
    counts[0, 1, 0] = [0, 200]
    counts[1, 1, 1] = [1, 199]
    distances = np.broadcast_to(np.linspace(0, 100, 201), (2, 2, 201))
    return {"path/counts": counts, "path/clusters": np.array([2, 2]), "distance/quantiles": distances}


def told(state, clusters, predicted=0, distances=(50.2, 50.2), p=0.01, **scores):
    nothing = np.zeros(1)
    reading = Reading({}, nothing, np.array([predicted]), np.array([clusters]), np.array([distances]), nothing)
    judged = Judgement({}, {name: np.array([value]) for name, value in scores.items()}, np.array([p]))
    return unusual(state, reading, judged, CLASSES, LAYERS)[0]


def test_where_few_go(state):
    assert told(state, [1, 1]) == (
        "At most 1 in 100 examples like those of training looks as unusual as this one. "
        "At conv1 this example sits in cluster 1, where 1.0 % of the training examples called cat go."
    )


def test_where_nobody_goes(state):
    assert "cluster 0, where none of the training examples called dog go." in told(state, [0, 0], 1)


def test_a_step_that_few_take(state):
    counts = state["path/counts"]
    counts[0, 0, 0], counts[1, 0] = [200, 200], [[199, 1], [1, 199]]
    text = told(state, [0, 1])
    assert "Of the training examples called cat in cluster 0 of conv1, 0.5 % go on to cluster 1 of dense.2." in text
    assert "sits in" not in text


def test_far_from_the_centre(state):
    text = told(state, [0, 0], distances=[50.2, 99.4])
    assert "Its distance to the centre of its cluster at dense.2 is larger than that of 99.0 % of the training" in text
    assert "larger than that of all training examples there." in told(state, [0, 0], distances=[101, 50])


def test_a_class_that_was_never_called(state):
    assert "None of the training examples was called owl." in told(state, [0, 0], 2)


def test_scores_in_words(state):
    assert "nearest neighbours among the training examples at dense.2" in told(state, [0, 0], knn=0.004)
    text = told(state, [0, 0], msp=0.5, energy=0.004)
    assert "The network is less sure of its answer than for 99.6 % of the examples kept for comparison." in text


def test_the_rarest_comes_first_after_the_verdict_and_three_are_enough(state):
    text = told(state, [1, 1], distances=[50, 200], knn=0.002, msp=0.019, layers=0.001)
    sentences = re.findall(r"[A-Z].*?\.(?= [A-Z]|$)", text)
    assert len(sentences) == 3
    assert sentences[0].startswith("At most 1 in 100")
    # nats: distance log 1000, layers log 1000, knn log 500, path log 100, msp log 53
    assert "distance" in sentences[1]
    assert "all layers" in sentences[2]


@pytest.mark.parametrize(("p", "said"), [(0.11, False), (0.1, True), (0.5, False)])
def test_usual_examples_are_worth_no_words(state, p, said):
    assert bool(told(state, [1, 1], p=p)) is said


def test_a_rare_example_without_a_reason_has_its_verdict(state):
    assert (
        told(state, [0, 0], p=0.04) == "At most 1 in 20 examples like those of training looks as unusual as this one."
    )


@pytest.mark.parametrize(
    ("p", "odds"), [(0.1, 10), (0.06, 10), (0.05, 20), (1 / 201, 200), (0.005, 200), (0.0049, 200)]
)
def test_the_verdict_never_says_more_than_the_p_value(p, odds):
    assert f"1 in {odds} examples" in verdict(p)
    assert p <= 1 / odds


def test_every_example_has_its_own_words(state):
    nothing = np.zeros(3)
    clusters = np.array([[0, 0], [1, 1], [0, 0]])
    reading = Reading({}, nothing, np.array([0, 0, 0]), clusters, np.full((3, 2), 50.2), nothing)
    judged = Judgement({}, {}, np.array([0.9, 0.01, 0.02]))
    first, second, third = unusual(state, reading, judged, CLASSES, LAYERS)
    assert first == ""
    assert "cluster 1" in second
    assert "1 in 50" in third


def test_words_of_an_answer_are_those_of_its_state(state):
    arrays = {"values": np.zeros((1, 2)), **{f"trust/{name}": array for name, array in state.items()}}
    axes = {"values": ("batch", "layer")} | {f"trust/{n}": ("feature",) * a.ndim for n, a in state.items()}
    answer = Explanation("signature", arrays, axes, labels={"class": CLASSES, "layer": LAYERS}, **of_nothing())
    nothing = np.zeros(1)
    reading = Reading({}, nothing, np.array([0]), np.array([[1, 1]]), np.array([[50.2, 50.2]]), nothing)
    judged = Judgement({}, {}, np.array([0.01]))
    assert words_of(answer, reading, judged) == unusual(state, reading, judged, CLASSES, LAYERS)


def of_nothing():
    return {"outputs": np.zeros((1, 3)), "target": {}, "checks": {}, "provenance": {}}
