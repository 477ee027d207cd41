import sys
import types

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

import vitrail
from vitrail.errors import BadInput, BadSetting, MissingExtra
from vitrail.signatures.activations import Activations, Part
from vitrail.signatures.projection import principal, principal_of, projected, reprojected, signed

RANDOM = np.random.default_rng(0)
TALL = RANDOM.normal(size=(60, 5)) @ RANDOM.normal(size=(5, 5)) + 3
FLAT = RANDOM.normal(size=(12, 40))


@pytest.fixture
def umap(monkeypatch):
    """A library in the place of umap-learn; (what it was told, what it was given)."""
    seen = []

    class UMAP:
        def __init__(self, **told):
            self.told = told

        def fit_transform(self, points):
            seen.append((self.told, points))
            return np.arange(2 * len(points), dtype=np.float32).reshape(-1, 2)

    stand_in = types.ModuleType("umap")
    stand_in.UMAP = UMAP
    monkeypatch.setitem(sys.modules, "umap", stand_in)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: stand_in)
    return seen


@pytest.mark.parametrize("x", [TALL, FLAT], ids=["tall", "flat"])
def test_principal_components_are_those_of_a_peer(x):
    peer = PCA(2, svd_solver="full").fit(x)
    signs = np.sign(peer.components_[[0, 1], np.abs(peer.components_).argmax(1)])
    np.testing.assert_allclose(projected(x), peer.transform(x) * signs, atol=1e-10)
    directions, shares = principal_of(x - x.mean(0))
    np.testing.assert_allclose(shares, peer.explained_variance_ratio_, rtol=1e-10)
    np.testing.assert_allclose(directions.T @ directions, np.eye(2), atol=1e-12)


def test_by_hand():
    directions, shares = principal(np.diag([1.0, 6.0, 3.0]))
    np.testing.assert_allclose(directions, [[0, 0], [1, 0], [0, 1]], atol=1e-15)
    np.testing.assert_allclose(shares, [0.6, 0.3])
    np.testing.assert_allclose(projected(np.array([[0.0, -3.0], [0.0, 1.0], [0.0, 2.0]]))[:, 0], [-3, 1, 2])


def test_the_sign_is_that_of_the_largest_entry():
    np.testing.assert_array_equal(signed(np.array([[1.0, 1.0], [-2.0, 2.0]])), [[-1, 1], [2, 2]])
    np.testing.assert_allclose(principal(np.cov(TALL.T))[0], principal(np.cov(-TALL.T))[0])


def test_what_there_is_too_little_of_is_zero():
    directions, shares = principal(np.array([[4.0]]))
    np.testing.assert_array_equal(directions, [[1, 0]])
    np.testing.assert_array_equal(shares, [1, 0])
    np.testing.assert_array_equal(projected(np.full((3, 4), 0.5)), np.zeros((3, 2)))
    np.testing.assert_array_equal(projected(np.ones((1, 4))), np.zeros((1, 2)))
    assert np.isfinite(principal_of(np.zeros((2, 9)))[0]).all()


def test_umap_is_told_the_seed(umap):
    np.testing.assert_array_equal(projected(TALL, "umap", 7), np.arange(120).reshape(-1, 2))
    projected(FLAT, "umap")
    (told, points), (few, _) = umap
    assert (told["random_state"], told["n_components"], told["n_neighbors"], few["n_neighbors"]) == (7, 2, 15, 11)
    np.testing.assert_allclose(points, TALL, rtol=1e-6)


def test_umap_that_is_not_there(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"umap-learn.*vitrail\[umap\]"):
        projected(TALL, "umap")


def test_what_does_not_fit_is_refused(umap):
    with pytest.raises(BadInput, match="was given 3 points"):
        projected(TALL[:3], "umap")
    with pytest.raises(BadSetting, match="by='tsne'"):
        projected(TALL, "tsne")


@pytest.mark.slow
def test_the_real_umap_keeps_groups_apart():
    pytest.importorskip("umap")
    x = np.concatenate([RANDOM.normal(size=(40, 6)), RANDOM.normal(size=(40, 6)) + 12])
    places = projected(x, "umap", 3)
    np.testing.assert_array_equal(places, projected(x, "umap", 3))
    one, other = places[:40], places[40:]
    apart = np.linalg.norm(one.mean(0) - other.mean(0))
    assert apart > 3 * max(np.linalg.norm(group - group.mean(0), axis=1).max() for group in (one, other))


# -- of an answer --------------------------------------------------------------------------------------------


@pytest.fixture
def answer(tmp_path):
    """A signature answer whose store is kept, with a sample of 20 of its 60 examples."""
    about = {"weights": "w", "layers": ["a.b"], "pool": [], "keep": "float32", "examples": 60, "part": 25}
    store = Activations.begin(tmp_path / "store", about, overwrite=False)
    for start in store.starts:
        rows = store.rows(start)
        part = Part(rows, np.zeros((len(rows), 2), np.float32), {"a.b": TALL[rows].astype(np.float32)})
        store.write(part, "d", "float32")
    arrays = {
        "statistics/projection_row": np.arange(0, 60, 3, dtype=np.int32),
        "statistics/projection/a.b": np.zeros((20, 2)),
        "statistics/explained/a.b": np.ones(2),
    }
    axes = dict(zip(arrays, [("sample",), ("sample", "feature"), ("feature",)], strict=True))
    provenance = {"store": str(tmp_path / "store"), "model": {"weights": "w"}}
    return vitrail.Explanation(
        "signature", arrays, axes, {}, np.zeros((60, 1)), {}, {"layer": ["a.b"]}, provenance
    )  # fmt: skip


def test_another_picture_of_the_same_sample(answer, umap):
    other = reprojected(answer, seed=5)
    np.testing.assert_array_equal(other.arrays["statistics/projection/a.b"], np.arange(40).reshape(-1, 2))
    assert "statistics/explained/a.b" not in other.arrays
    assert other.provenance["projection"] == "umap"
    np.testing.assert_allclose(umap[0][1], TALL[::3], rtol=1e-6)
    assert umap[0][0]["random_state"] == 5
    np.testing.assert_array_equal(answer.arrays["statistics/projection/a.b"], np.zeros((20, 2)))


def test_by_principal_components_of_the_sample(answer):
    again = reprojected(answer, "pca")
    np.testing.assert_allclose(again.arrays["statistics/projection/a.b"], projected(TALL[::3]), rtol=1e-4, atol=1e-4)


def test_of_an_answer_of_the_verb(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3)).eval()
    x = TALL.astype(np.float32)
    answer = vitrail.signatures(vitrail.open(network), x, clusters=2, held_out=0, keep="float32", store=tmp_path / "s")
    again = reprojected(answer, "pca")
    (name,) = (name for name in answer.arrays if name.startswith("statistics/projection/"))
    assert np.abs(answer.arrays[name]).max() > 0.1
    np.testing.assert_allclose(again.arrays[name], answer.arrays[name], atol=1e-4)
    assert again.model is answer.model
