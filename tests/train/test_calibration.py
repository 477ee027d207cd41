"""Reliability by pencil, and of probabilities that are right by construction."""

import numpy as np
import pytest

from vitrail.train.calibration import BINS, expected_error, reliability


def test_bins_by_pencil():
    bins = reliability(np.array([0.0, 0.02, 0.5, 1.0]), np.array([False, True, True, True]))
    assert bins.shape == (BINS, 3)
    np.testing.assert_allclose(bins[0], [0.01, 0.5, 2])
    np.testing.assert_allclose(bins[7], [0.5, 1, 1])
    np.testing.assert_allclose(bins[-1], [1, 1, 1])
    assert np.isnan(bins[3, :2]).all()
    assert bins[3, 2] == 0
    assert expected_error(bins) == pytest.approx((2 * 0.49 + 1 * 0.5 + 0) / 4)


def test_probabilities_that_keep_their_word_have_hardly_any_error():
    rng = np.random.default_rng(0)
    chances = rng.random(200_000)
    so = rng.random(200_000) < chances
    # each bin of 13,333 examples errs by about 0.8 * 0.4 / sqrt(13,333) = 0.003
    assert expected_error(reliability(chances, so)) < 0.006


def test_probabilities_that_are_too_sure_have_the_error_that_they_were_made_with():
    rng = np.random.default_rng(0)
    chances = rng.random(200_000)
    so = rng.random(200_000) < np.clip(chances - 0.2, 0, 1)
    # 0.2 for chances above it; below, the mean of chances up to 0.2, which are 0.1 too high
    assert expected_error(reliability(chances, so)) == pytest.approx(0.8 * 0.2 + 0.2 * 0.1, abs=0.006)
