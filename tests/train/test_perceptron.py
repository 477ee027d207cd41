"""The perceptron step by step: updates by hand, what it learns, and what it never does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrail.errors import BadInput, BadSetting
from vitrail.train.gates import combinations, reachable
from vitrail.train.perceptron import perceptron
from vitrail.train.separation import separation

X = combinations(2)
AND, XOR = [0, 0, 0, 1], [0, 1, 1, 0]


def test_the_first_epoch_by_hand():
    """OR: (0,0) answered 1, so -1 from the bias; (0,1): -1 >= 0 is false, so + (1,0,1); the others are right."""
    lesson = perceptron(X, [0, 1, 1, 1])
    first, second = [u for u in lesson.updates if u.epoch == 1]
    assert (first.example, first.target, first.answer) == (0, 0, 1)
    assert (first.before.tolist(), first.after.tolist()) == ([0, 0, 0], [-1, 0, 0])
    assert (second.example, second.target, second.answer) == (1, 1, 0)
    assert second.x.tolist() == [0, 1]
    assert (second.before.tolist(), second.after.tolist()) == ([-1, 0, 0], [0, 0, 1])
    assert lesson.mistakes[0] == 2


def test_the_sign_takes_nothing_for_wrong():
    """At 0 Heaviside answers 1, which is right for the second class; the sign answers 0, which is right for none."""
    assert perceptron([[1.0]], [1]).updates == []
    (update,) = perceptron([[1.0]], [1], step="sign").updates
    assert update.answer == 0
    assert update.after.tolist() == [1, 1]


def slowly(x, y, on, answer, rate, epochs):
    """The rule in the books: whatever is wrong is added to the weights, or taken off."""
    bias, w, every = 0.0, [0.0] * len(x[0]), []
    for _ in range(epochs):
        for one, target in zip(x, y, strict=True):
            if answer(bias + sum(a * b for a, b in zip(w, one, strict=True))) != target:
                sign = 1 if target == on else -1
                bias += rate * sign
                w = [a + rate * sign * b for a, b in zip(w, one, strict=True)]
                every.append([bias, *w])
    return every


@pytest.mark.parametrize(("step", "off", "answer"), [("heaviside", 0, lambda z: z >= 0), ("sign", -1, np.sign)])
def test_every_update_is_that_of_the_slow_rule(step, off, answer):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3))
    y = np.where(x @ [1.0, -2.0, 0.5] + rng.normal(size=30) > 0, 1, off)
    lesson = perceptron(x, y, step=step, rate=0.5, epochs=7)
    expected = slowly(x.tolist(), y.tolist(), 1, answer, 0.5, 7)
    assert len(expected) > 20
    np.testing.assert_allclose([u.after for u in lesson.updates], expected, rtol=1e-12, atol=1e-12)
    chained = [u.before for u in lesson.updates[1:]]
    np.testing.assert_array_equal(chained, [u.after for u in lesson.updates[:-1]])


@pytest.mark.parametrize("says", sorted(reachable(2)))
def test_what_a_gate_says_is_learnt(says):
    lesson = perceptron(X, says)
    assert lesson.learnt
    assert lesson(X).tolist() == list(says)
    assert lesson.mistakes[-1] == 0
    assert sum(lesson.mistakes) == len(lesson.updates)


@pytest.mark.parametrize("says", [XOR, [1, 0, 0, 1]])
@pytest.mark.parametrize("step", ["heaviside", "sign"])
def test_xor_goes_round_for_ever(says, step):
    y = np.array(says) if step == "heaviside" else 2 * np.array(says) - 1
    lesson = perceptron(X, y, step=step)
    assert not lesson.learnt
    first, again = lesson.cycle
    starts = {epoch: next(u.before for u in lesson.updates if u.epoch == epoch) for epoch in (first, again - 1)}
    np.testing.assert_array_equal(starts[first], lesson.weights)
    longer = perceptron(X, y, step=step, epochs=again - 1)
    assert longer.cycle is None
    np.testing.assert_array_equal(longer.weights, lesson.weights)


def test_from_nothing_the_rate_changes_sizes_alone():
    one, other = perceptron(X, AND), perceptron(X, AND, rate=0.25)
    assert len(one.updates) == len(other.updates) > 3
    np.testing.assert_allclose(other.weights, 0.25 * one.weights)


def test_it_can_begin_elsewhere():
    lesson = perceptron(X, AND, start=[-3, 2, 2])
    assert lesson.updates == []
    assert lesson.mistakes == [0]
    assert lesson.weights.tolist() == [-3, 2, 2]


def test_epochs_end_it_where_nothing_else_does():
    lesson = perceptron(X, AND, epochs=2)
    assert (lesson.learnt, lesson.cycle, len(lesson.mistakes)) == (False, None, 2)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), step=st.sampled_from(["heaviside", "sign"]))
def test_mistakes_stay_below_the_bound_of_convergence(seed, step):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, 2))
    w = rng.normal(size=2)
    x = x[np.abs(x @ w) > 0.1]
    y = np.where(x @ w > 0, 1, 0 if step == "heaviside" else -1)
    if len(set(y)) < 2:
        return
    lesson = perceptron(x, y, step=step, epochs=10_000)
    assert lesson.learnt
    assert 1 <= len(lesson.updates) <= separation(x, y).bound


def test_it_can_be_read():
    text = str(perceptron(X, XOR))
    assert "(0 0 0) -> (-1 0 0)" in text
    assert "not learnt, 10 updates; epoch 4 began as epoch 3 did: for ever" in text
    assert str(perceptron(X, AND)).splitlines()[-1] == "learnt, 11 updates"


def test_other_targets_and_steps_are_refused():
    with pytest.raises(BadInput, match=r"-1 or 1 for each of the 4 examples"):
        perceptron(X, AND, step="sign")
    with pytest.raises(BadInput, match="of shape"):
        perceptron(X, [0, 1])
    with pytest.raises(BadSetting, match="heaviside, sign was expected"):
        perceptron(X, AND, step="relu")
