"""The margin between classes by hand, by another route, and the proof that there is none."""

import numpy as np
import pytest
from scipy.optimize import minimize

from vitrail.errors import BadInput
from vitrail.train.gates import combinations, reachable
from vitrail.train.separation import separation

X = combinations(2)


def test_a_margin_by_hand():
    """x = -1 and 3: z = (-1, 1) and (1, 3); the shortest mixture is the one at right angles to their difference.

    z = a (-1, 1) + (1 - a) (1, 3) = (1 - 2a, 3 - 2a), at a right angle to (2, 2) for a = 1: mixing gains nothing.
    """
    found = separation([[-1.0], [3.0]], [0, 1])
    assert found.margin == pytest.approx(np.sqrt(2))
    assert found.longest == pytest.approx(np.sqrt(10))
    assert found.bound == pytest.approx(5)
    np.testing.assert_allclose(found.shares, [1, 0], atol=1e-9)
    np.testing.assert_allclose(found.weights, np.array([-1, 1]) / np.sqrt(2), atol=1e-9)


def test_the_margin_of_and_by_hand():
    """w = (-3, 2, 2) / sqrt(17) has 1 / sqrt(17) at three corners, which is the best that can be."""
    found = separation(X, [0, 0, 0, 1])
    assert found.margin == pytest.approx(1 / np.sqrt(17))
    np.testing.assert_allclose(found.weights, np.array([-3, 2, 2]) / np.sqrt(17), atol=1e-9)
    assert found.bound == pytest.approx(3 * 17)


def test_the_margin_by_another_route():
    """The support vector machine without a bias of its own: min |w|^2 with w z >= 1 has |w| = 1 / margin."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(15, 3))
    y = (x @ [1.0, 2.0, -1.0] > 0.3).astype(int)
    z = np.column_stack([np.ones(15), x]) * (2 * y - 1)[:, None]
    best = minimize(
        lambda w: w @ w, np.array([-0.3, 1, 2, -1]) * 20, jac=lambda w: 2 * w, method="SLSQP",
        constraints={"type": "ineq", "fun": lambda w: z @ w - 1, "jac": lambda w: z}, options={"ftol": 1e-14},
    )  # fmt: skip
    assert best.success
    found = separation(x, y)
    assert found.margin == pytest.approx(1 / np.linalg.norm(best.x), rel=1e-5)
    assert (z @ found.weights).min() == pytest.approx(found.margin)


@pytest.mark.parametrize("says", [(0, 1, 1, 0), (1, 0, 0, 1)])
def test_xor_comes_with_the_proof(says):
    found = separation(X, says)
    assert not found.separable
    assert found.bound == np.inf
    np.testing.assert_allclose(found.shares, [0.25] * 4)
    z = np.column_stack([np.ones(4), X]) * (2 * np.array(says) - 1)[:, None]
    np.testing.assert_allclose(found.shares @ z, 0, atol=1e-12)


def test_a_line_is_found_wherever_a_gate_is():
    for says in reachable(2):
        if len(set(says)) == 2:
            found = separation(X, says)
            assert found.separable
            right = (np.column_stack([np.ones(4), X]) @ found.weights > 0).astype(int)
            assert tuple(right) == says


def test_one_class_is_refused():
    with pytest.raises(BadInput, match="Two classes were expected"):
        separation(X, [1, 1, 1, 1])
