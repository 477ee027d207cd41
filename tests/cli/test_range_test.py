"""`vitrail range-test`: a rate to train with."""

import numpy as np
import pytest

import vitrail

QUICK = ("--hidden", "8", "--batch", "16", "--quiet")


@pytest.fixture
def arrays(tmp_path):
    """An .npz of two clouds."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    np.savez(tmp_path / "clouds.npz", x=rng.normal(size=(80, 3)) + 3 * y[:, None], y=y)
    return tmp_path / "clouds.npz"


def test_a_rate_is_suggested_and_the_picture_written(run, arrays, tmp_path):
    given = ("range-test", "mlp-classifier", arrays, *QUICK, "--low", "1e-4", "--high", "100", "--steps", "40")
    result = run(*given, "--plot", tmp_path / "a.png", "--save", tmp_path / "a.safetensors")
    assert result.exit_code == 0, result.output
    answer = vitrail.load(tmp_path / "a.safetensors")
    assert answer.checks["suggestion"] is not None
    assert f"--rate {answer.checks['suggestion']:.2g}" in result.stdout
    assert "begins to climb" in result.stdout
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert answer.provenance["settings"]["low"] == 1e-4
    assert run(*given, "--json").json()["checks"] == answer.checks


def test_without_one_it_says_why(run, arrays):
    result = run("range-test", "mlp-classifier", arrays, "--hidden", "8", "--batch", "99", "--high", "1e-5")
    assert "Warning: the loss never fell" in result.stdout
    assert "Train with it" not in result.stdout


def test_mistakes_are_refused(refused, arrays):
    assert "a way to learn of its own" in refused("bad-setting", "range-test", "perceptron", arrays)
    assert "cannot be swept" in refused("bad-setting", "range-test", "mlp-classifier", arrays, "--steps", "1")
