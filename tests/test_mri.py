"""The tumours: pairs of slices that nothing but the tumour tells apart, and the way from them to the page."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import vitrail

DOCS = Path(__file__).resolve().parents[1] / "docs"
pytestmark = pytest.mark.slow  # fetches 100 MB of scans when they are not there


@pytest.fixture(scope="module")
def mri():
    """docs/mri.py as a module, with what it imports from beside it."""
    sys.path.insert(0, str(DOCS))
    try:
        spec = importlib.util.spec_from_file_location("docs_mri", DOCS / "mri.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["docs_mri"] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(DOCS))
        sys.modules.pop("docs_mri", None)


@pytest.fixture(scope="module")
def pairs(mri):
    """(name, pixels, mask) of healthy slices and those with a tumour, in turn."""
    return list(mri.tumours.examples("Training", 200))


def test_nothing_but_the_tumour_tells_the_classes_apart(pairs):
    """Twins differ where the tumour is, or the sham, and nowhere else; so their brightness is alike."""
    for (well, healthy, none), (ill, sick, mask) in zip(pairs[::2], pairs[1::2], strict=True):
        assert well.startswith("healthy/")
        assert ill.startswith("tumour/")
        assert not none.any()
        assert mask.sum() >= 12
        if "plain" in well and "transplant" in ill:
            rows, columns = np.nonzero(healthy != sick)
            assert (healthy != sick).mean() < 0.25
            assert mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].sum() == mask.sum()


def test_the_same_files_whenever_it_is_run(mri, pairs):
    for (name, pixels, mask), again in zip(pairs[:6], mri.tumours.examples("Training", 6), strict=True):
        assert name == again[0]
        np.testing.assert_array_equal(pixels, again[1])
        np.testing.assert_array_equal(mask, again[2])


def test_a_covered_half_is_the_mirror_image_of_the_other(mri):
    (sick,) = mri.tumours.with_tumour("brain1", {"brain1": (13,)})
    covered = mri.tumours.mirrored(sick)
    last = mri.tumours.WORK - 1
    assert sick.tumour.any()
    assert not covered.tumour.any()
    found = [
        shift
        for shift in range(-12, 13)
        if all(
            (covered.pixels[:, c] == sick.pixels[:, last - c + shift if c > (last + shift) / 2 else c]).all()
            for c in range(last + 1)
        )
    ]
    assert len(found) == 1


def test_the_way_to_the_page(mri, tmp_path, monkeypatch):
    monkeypatch.setattr(mri, "FOLDER", tmp_path / "mri")
    monkeypatch.setattr(mri, "RUNS", tmp_path / "runs")
    mri.tumours.write(tmp_path / "mri", {"Training": 60, "Testing": 24})
    data = mri.lessons()
    assert data.classes == ("healthy", "tumour")
    run = mri.learnt(data, mri.VIT | {"epochs": 1})
    assert "AUC" in mri.accuracy(run)
    assert mri.heads(run.model, data).count("\n") == 1 + mri.VIT["depth"]
    board = mri.judged(run.model, data, ("attention-rollout",))
    assert board.labels["method"][:2] == ["attention-rollout", "centre"]
    assert mri.table(board).count("|") > 8
    assert isinstance(vitrail.analyse(tmp_path / "mri").checks["warnings"], list | tuple)
