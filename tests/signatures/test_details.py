import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from blobs import blobs
from vitrail.signatures import details
from vitrail.signatures.details import averages
from vitrail.signatures.known import FIT


def test_the_nearest_are_the_nearest_of_the_fit(fitted):
    near, fit = fitted.arrays["nearest"], np.flatnonzero(fitted.arrays["role"] == FIT)
    assert near.shape == (2, 3, 5)
    for layer in range(2):
        for cluster in range(3):
            mine = [i for i in fit if fitted.values[i, layer] == cluster]
            expected = sorted(mine, key=lambda i: fitted.arrays["distance"][i, layer])[:5]
            assert near[layer, cluster].tolist() == expected


def test_a_small_cluster_has_gaps(xor_model, corners):
    x, labels = corners
    near = vitrail.signatures(xor_model, x, labels, clusters=3, held_out=0.0).arrays["nearest"]
    assert (near[0] >= 0).sum(1).tolist() == [5, 3, 5]  # of 5, 3 and 6 examples
    assert near[0, 1].tolist()[3:] == [-1, -1]


def test_means_of_tables_are_means(fitted):
    x, _ = blobs(400)
    fit = fitted.arrays["role"] == FIT
    for i, name in enumerate(fitted.labels["layer"]):
        slow = [x[fit & (fitted.values[:, i] == c)].mean(0) for c in range(3)]
        np.testing.assert_allclose(fitted.arrays[f"mean_input/{name}"], slow)


def test_averages_of_bytes_are_bytes_and_of_nothing_zeros():
    values = np.array([[10], [13], [200]], np.uint8)
    found = averages(values, np.array([0, 0, 2]), 3)
    assert found.dtype == np.uint8
    assert found.tolist() == [[12], [0], [200]]


@pytest.fixture
def pictures():
    """Bright and dark squares, and a network that tells them."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2)).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([1.0, 0.5]).reshape(2, 1, 1, 1))
        net[0].bias.zero_()
    bright = np.random.default_rng(0).random(60) > 0.5
    noise = np.random.default_rng(1).random((60, 1, 4, 4))
    return vitrail.open(net), np.where(bright[:, None, None, None], 0.8, 0.0) + 0.1 * noise


def test_pictures_are_shown(pictures):
    model, x = pictures
    answer = vitrail.signatures(model, x, clusters=2)
    near, rows = answer.arrays["nearest"], answer.arrays["nearest_row"]
    assert rows.tolist() == np.unique(near).tolist()
    shown = answer.arrays["nearest_picture"]
    assert shown.shape == (len(rows), 4, 4, 1)
    assert shown.dtype == np.uint8
    low, high = x[rows].min((1, 2, 3)), x[rows].max((1, 2, 3))
    expected = (x[rows, 0] - low[:, None, None]) / (high - low)[:, None, None] * 255
    np.testing.assert_allclose(shown[..., 0], expected, atol=0.51)
    assert answer.arrays["mean_picture/1"].shape == (2, 4, 4, 1)


def test_means_are_over_a_sample_that_fits_memory(pictures, monkeypatch):
    model, x = pictures
    taken = []
    looked = details.looked_at

    def watched(model, examples, rows):
        taken.append(len(rows))
        return looked(model, examples, rows)

    monkeypatch.setattr(details, "looked_at", watched)
    monkeypatch.setattr(details, "AVERAGED", 8)
    monkeypatch.setattr(details, "TOGETHER", 5)
    vitrail.signatures(model, x, clusters=2, held_out=0.0)
    assert max(taken) == 5
    assert sum(taken) <= 1 + 8 + 10


def test_tokens_have_no_mean():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Flatten(), nn.Linear(20, 2)).double()
    answer = vitrail.signatures(vitrail.open(net), np.random.default_rng(0).normal(size=(30, 5, 3)), clusters=2)
    assert not [name for name in answer.arrays if name.startswith("mean_")]
