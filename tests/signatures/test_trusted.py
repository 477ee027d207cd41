"""What signatures hand to trust, and what a whole answer promises: p-values that keep their word."""

import numpy as np
import pytest
from scipy import stats

import vitrail
from blobs import blobs
from vitrail.signatures import read, trusted
from vitrail.signatures.trusted import too_few


def test_p_values_of_fresh_examples_are_uniform(layered_model):
    """Over splits of data that the network was not trained on; Kolmogorov-Smirnov, and the stated error rates."""
    found = []
    for seed in range(6):
        x, labels = blobs(1200, seed=seed + 20)
        answer = vitrail.signatures(layered_model, x[:600], labels[:600], clusters=3, held_out=0.66, seed=seed)
        found.append(answer.trust(x[600:]).values)
    p = np.concatenate(found)
    # 6 calibration sets of 198: their own chance moves the shares by about sqrt(a (1 - a) / (6 * 198))
    for a in (0.01, 0.05, 0.1, 0.5):
        assert (p <= a).mean() < a + 4 * np.sqrt(a * (1 - a) * (1 / 1188 + 1 / 3600))
    assert stats.kstest(p, "uniform").statistic < 1.95 * np.sqrt(1 / 1188 + 1 / 3600)  # 1 in 1,000


def test_outliers_are_made_of_validation_examples_only(layered_model, monkeypatch):
    x, labels = blobs(200)
    seen = []
    made = trusted.trust.outliers

    def watched(points, axes, seed):
        seen.append(points)
        return made(points, axes, seed)

    monkeypatch.setattr(trusted.trust, "outliers", watched)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, held_out=0.4)
    rows = np.concatenate(seen)
    np.testing.assert_allclose(rows, x[answer.arrays["role"] == 2])


def test_calibration_does_not_choose(layered_model):
    x, labels = blobs(300)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, held_out=0.4)
    changed = x.copy()
    changed[answer.arrays["role"] == 3] += 0.05
    again = vitrail.signatures(layered_model, changed, labels, clusters=3, held_out=0.4)
    assert answer.target["trust"]["weights"] == again.target["trust"]["weights"]
    np.testing.assert_array_equal(answer.arrays["centroid/3"], again.arrays["centroid/3"])
    fresh, _ = blobs(50, seed=3)
    assert (answer.trust(fresh).values != again.trust(fresh).values).any()


def test_how_many_are_needed():
    class Roles:
        def __init__(self, *counts):
            self.role = np.repeat([1, 2, 3], counts)

    assert too_few(Roles(20, 20, 20), Roles(0, 20, 20)) == ""
    assert "19 examples are there for fit" in too_few(Roles(19, 20, 20), Roles(0, 20, 20))
    assert "19 examples are there for calibration" in too_few(Roles(20, 0, 0), Roles(0, 20, 19))


@pytest.mark.parametrize("held_out", [0.0, 0.1])
def test_the_reason_is_kept(layered_model, held_out):
    x, labels = blobs(100)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, held_out=held_out)
    assert "for validation, and 20 are needed" in answer.target["trust"]["none"]
    assert answer.checks["calibration"] == 0


def test_outliers_are_mixed_out_of_many_examples_at_a_time(layered_model, monkeypatch):
    sizes = []
    made = trusted.trust.outliers

    def watched(points, axes, seed):
        sizes.append(len(points))
        return made(points, axes, seed)

    monkeypatch.setattr(trusted.trust, "outliers", watched)
    monkeypatch.setattr(read, "LARGEST_BATCH", 1)  # one example at a time
    x, labels = blobs(200)
    vitrail.signatures(layered_model, x, labels, clusters=3, held_out=0.4)
    assert sizes == [32, 8]
