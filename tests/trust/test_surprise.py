import numpy as np
import pytest
from scipy.stats import kstest

from vitrail.trust.surprise import LARGEST, Surprise


def test_inside_it_is_the_share_that_is_as_high():
    values = np.arange(100.0)
    surprise = Surprise.of(np.random.default_rng(0).permutation(values))
    for value in (0, 17, 50, 88):
        assert surprise(np.array([value]))[0] == pytest.approx(-np.log((values >= value).mean()))


def test_beyond_the_tail_it_grows_by_the_mean_excess():
    # of 0 ... 99 the 90 % quantile is 89.1, the last score below it 89; 90 ... 99 lie 5.5 above it on average
    surprise = Surprise.of(np.arange(100.0))
    start, further = surprise(np.array([89.0, 89 + 11]))
    assert further - start == pytest.approx(2)


def test_of_fresh_examples_it_is_exponential():
    chance = np.random.default_rng(1)
    found = Surprise.of(chance.normal(size=20_000))(chance.normal(size=1000))
    assert kstest(found, "expon").pvalue > 1e-3


def test_it_never_falls_and_far_out_grows_by_its_logarithm():
    surprise = Surprise.of(np.random.default_rng(2).normal(size=500))
    found = surprise(np.linspace(-10, 1000, 5000))
    assert np.all(np.diff(found) >= 0)
    assert found[0] == 0
    assert LARGEST < found[-1] < LARGEST + 10


def test_a_change_of_scale_changes_nothing():
    values, new = np.random.default_rng(3).normal(size=(2, 300))
    np.testing.assert_allclose(Surprise.of(5 * values + 2)(5 * new + 2), Surprise.of(values)(new), atol=1e-9)


@pytest.mark.parametrize("values", [[3.0], [3.0] * 50, [0.0] * 49 + [1.0]])
def test_scores_that_hardly_differ_are_borne(values):
    found = Surprise.of(np.array(values))(np.array([values[0], values[0] + 1e3]))
    assert np.isfinite(found).all()
    assert found[0] == 0
    assert found[1] > 0
