import numpy as np

from vitrail.trust.head import Head
from vitrail.trust.react import React
from vitrail.trust.softmax import energy


def test_a_clip_that_nothing_reaches_leaves_the_energy(head):
    weight, bias = head
    x = np.random.default_rng(0).normal(size=(50, 6))
    found = React(np.asarray(x.max() + 1), weight, bias)(x)
    np.testing.assert_allclose(found, energy(x @ weight.T + bias))


def test_by_its_definition(head):
    weight, bias = head
    chance = np.random.default_rng(1)
    x, new = chance.normal(size=(50, 6)), 3 * chance.normal(size=(20, 6))
    top = np.sort(x.ravel())
    react = React.of(Head(weight, bias, 1.0), x)
    assert top[269] <= react.clip <= top[270]  # nine in ten of 300
    for row, found in zip(new, react(new), strict=True):
        kept = [min(value, react.clip) for value in row]
        np.testing.assert_allclose(
            found, -np.log(sum(np.exp(np.dot(w, kept) + b) for w, b in zip(weight, bias, strict=True)))
        )


def test_one_feature_that_runs_away_does_not_make_it_sure():
    react = React(np.asarray(1.0), np.array([[1.0, 0], [0, 1]]), np.zeros(2))
    np.testing.assert_allclose(react(np.array([[100.0, 0]])), react(np.array([[1.0, 0]])))
