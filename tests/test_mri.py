"""The data set of tumours, and what its page measures: pairs that differ in the tumour alone, and a control."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import vitrail

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def scripts():
    """docs/tumours.py and docs/mri.py as modules."""
    before, known = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(DOCS))
    found = []
    for name in ("tumours", "mri"):
        spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found.append(module)
    yield found
    sys.path[:] = before
    for name in {"tumours", "mri", "heads", "fetch"} - known:
        sys.modules.pop(name, None)


@pytest.fixture
def slices(scripts):
    """A grey head with a brain in it, and a donor with a bright tumour on its left."""
    made = scripts[0]
    rows, columns = np.indices((made.WORK, made.WORK)) - made.WORK / 2
    brain = np.hypot(rows, columns) < 40
    tumour = np.hypot(rows, columns + 20) < 6
    none = np.zeros_like(brain)
    return made.Slice(0.5 * brain, brain, none), made.Slice(0.4 * brain + 0.4 * tumour, brain, tumour)


@pytest.mark.parametrize("seed", range(5))
def test_a_transplant_changes_the_brain_under_its_mask_alone(scripts, slices, seed):
    host, donor = slices
    new = scripts[0].transplanted(host, donor, np.random.default_rng(seed), sham=False)
    assert new.tumour.sum() > 50
    assert host.brain[new.tumour].all()
    far = ~scripts[0].ndimage.binary_dilation(new.tumour, iterations=5)
    np.testing.assert_allclose(new.pixels[far], host.pixels[far], atol=0.01)
    # twice as bright as the donor's brain, so about twice as bright as the host's
    assert new.pixels[new.tumour].max() == pytest.approx(1.0, abs=0.05)


def test_a_sham_is_healthy_tissue(scripts, slices):
    host, donor = slices
    plain = scripts[0].Slice(donor.pixels.clip(0, 0.4), donor.brain, donor.tumour)
    new = scripts[0].transplanted(host, plain, np.random.default_rng(0), sham=True)
    assert not new.tumour.any()
    np.testing.assert_allclose(new.pixels[host.brain], 0.5, atol=0.03)


def test_the_same_seed_changes_pixels_and_mask_alike(scripts):
    """A tumour drawn in white is where its mask is, however the slice is bent, and the same seed bends all alike."""
    made = scripts[0]
    rows, columns = np.indices((made.WORK, made.WORK))
    spot = np.hypot(rows - 60, columns - 75) < 12
    given = made.Slice(spot.astype(float), np.ones_like(spot), spot)
    pixels, mask = made.changed(given, np.random.default_rng(3))
    again, _ = made.changed(given, np.random.default_rng(3))
    assert mask.sum() > 50
    assert pixels[mask].mean() > 5 * pixels[~mask].mean()
    np.testing.assert_array_equal(pixels, again)


def test_the_control_is_a_hill_in_the_middle(scripts):
    x = torch.zeros(2, 5, 5, 1, dtype=torch.float64)
    hill = scripts[1].Centre(spread=0.5)(SimpleNamespace(axes=("batch", "height", "width", "channel")), x, None)
    wanted = [[np.exp(-((u**2 + v**2) / 4) / (2 * 0.25)) for v in range(-2, 3)] for u in range(-2, 3)]
    torch.testing.assert_close(hill[1, :, :, 0], torch.tensor(wanted, dtype=torch.float64))


def test_the_table_says_how_much_better_than_the_control(scripts):
    scores = np.zeros((4, 2, 3))
    scores[:, 0] = 0.75
    scores[:, 1] = 0.5
    labels = {"method": ["good", "centre"]}
    board = SimpleNamespace(values=scores.mean(0), arrays={"scores": scores}, labels=labels)
    head, _, good, centre = scripts[1].table(board).splitlines()
    assert head == "| method | pointing-game | mass-accuracy | rank-accuracy |"
    assert good == "| good | 0.75 (+0.25 to +0.25) | 0.75 (+0.25 to +0.25) | 0.75 (+0.25 to +0.25) |"
    assert centre == "| centre | 0.50 | 0.50 | 0.50 |"


def test_the_page_has_a_place_for_all_that_is_measured(scripts):
    page = (DOCS / "mri.md").read_text(encoding="utf-8")
    for name in ("accuracy", "heads", "vit", "cnn", "time"):
        assert "NEW" in scripts[1].placed(page, name, "NEW")


def test_a_covered_half_is_the_mirror_image_of_the_other(scripts, slices):
    """The head of the made-up donor lies in the middle, so column c is covered by column -c."""
    _, donor = slices
    turned = scripts[0].Slice(donor.pixels[:, ::-1], donor.brain[:, ::-1], donor.tumour[:, ::-1])  # on the right
    covered = scripts[0].mirrored(turned)
    assert turned.tumour.any()
    assert not covered.tumour.any()
    assert covered.pixels.max() == pytest.approx(0.4)  # the brain, and nothing of the tumour
    np.testing.assert_array_equal(covered.pixels > 0, covered.brain)
    differ = (covered.pixels != turned.pixels) & ~turned.tumour
    assert differ.mean() < 0.03  # the grid has no column in its middle: an edge may move by one


# -- with the real scans, 100 MB of them -------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs(scripts):
    """(name, pixels, mask) of healthy slices and those with a tumour, in turn."""
    return list(scripts[0].examples("Training", 200))


@pytest.mark.slow
def test_nothing_but_the_tumour_tells_the_classes_apart(pairs):
    """Twins differ in a part of the picture, around the tumour; so their brightness is alike."""
    for (well, healthy, none), (ill, sick, mask) in zip(pairs[::2], pairs[1::2], strict=True):
        assert (well.split("/")[0], ill.split("/")[0]) == ("healthy", "tumour")
        assert not none.any()
        assert mask.sum() >= 12
        if "plain" in well and "transplant" in ill:
            other = healthy != sick
            rows, columns = np.nonzero(other)
            assert other.mean() < 0.25
            assert mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].sum() == mask.sum()


@pytest.mark.slow
def test_the_same_files_whenever_it_is_run(scripts, pairs):
    for (name, pixels, mask), again in zip(pairs[:6], scripts[0].examples("Training", 6), strict=True):
        assert name == again[0]
        np.testing.assert_array_equal(pixels, again[1])
        np.testing.assert_array_equal(mask, again[2])


@pytest.mark.slow
def test_the_way_to_the_page(scripts, tmp_path, monkeypatch):
    tumours, mri = scripts
    monkeypatch.setattr(mri, "FOLDER", tmp_path / "mri")
    monkeypatch.setattr(mri, "RUNS", tmp_path / "runs")
    tumours.write(tmp_path / "mri", {"Training": 60, "Testing": 24})
    data = mri.lessons()
    assert data.classes == ("healthy", "tumour")
    run = mri.learnt(data, mri.VIT | {"epochs": 1})
    assert "AUC" in mri.accuracy(run)
    assert mri.heads(run.model, data).count("\n") == 1 + mri.VIT["depth"]
    board = mri.judged(run.model, data, ("attention-rollout",))
    assert board.labels["method"][:2] == ["attention-rollout", "centre"]
    assert "pointing-game" in mri.table(board)
    assert vitrail.analyse(tmp_path / "mri").checks["examples"] == 84
