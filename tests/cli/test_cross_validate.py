"""`vitrail cross-validate`: fold by fold."""

import numpy as np
import pytest

QUICK = ("--hidden", "8", "--batch", "16", "--epochs", "2", "--rate", "0.03", "--quiet")


@pytest.fixture
def arrays(tmp_path):
    """An .npz of two clouds."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    np.savez(tmp_path / "clouds.npz", x=rng.normal(size=(80, 3)) + 3 * y[:, None], y=y)
    return tmp_path / "clouds.npz"


def test_each_fold_is_told(run, arrays, tmp_path):
    given = ("cross-validate", "mlp-classifier", arrays, *QUICK, "--folds", "3")
    told = run(*given, "--json").json()
    each = told["checks"]["folds"]["accuracy"]["each"]
    assert len(each) == 3
    result = run(*given, "--report", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    assert ", ".join(f"{value:.3g}" for value in each) in result.stdout
    assert "Student's t" in result.stdout
    assert "Fold by fold" in (tmp_path / "page.html").read_text()


def test_mistakes_are_refused(refused, arrays):
    assert "folds=1 of" in refused("bad-setting", "cross-validate", "mlp-classifier", arrays, "--folds", "1")
