"""The verb: signatures that are known by pencil, two routes to the same, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from blobs import blobs, layered, xor
from vitrail.errors import AlreadyExists, BadInput, BadSetting, NoSuchLayer
from vitrail.model.keras import on_torch
from vitrail.signatures.known import CALIBRATION, FIT, LEFT, VALIDATION


def test_the_signatures_of_xor_are_known_by_pencil(xor_model, corners):
    x, labels = corners
    answer = vitrail.signatures(xor_model, x, labels, clusters=3, held_out=0.0)
    assert answer.labels["layer"] == ["1"]
    # class 0 first, and of its two clusters the larger one: (0, 0), then (1, 1), then the other corners together
    expected = np.where(labels == 1, 2, np.where(x.sum(1) == 2, 1, 0))
    np.testing.assert_array_equal(answer.values[:, 0], expected)
    np.testing.assert_allclose(answer.arrays["centroid/1"], [[0, 0], [2, 1], [1, 0]], atol=1e-9)
    np.testing.assert_allclose(answer.arrays["distance"], 0, atol=1e-9)
    np.testing.assert_array_equal(answer.arrays["predicted"], labels)
    assert answer.checks["accuracy"] == 1.0
    assert answer.checks["purity"] == [1.0]
    # logits are (1/2, h0 - 2 h1): 0 for the corners of class 0, 1 for the others
    chance = 1 / (1 + np.exp(-0.5))
    np.testing.assert_allclose(answer.outputs, np.full((14, 1), chance), rtol=1e-6)


def test_fewer_clusters_put_the_nearer_ones_together(xor_model, corners):
    x, labels = corners
    answer = vitrail.signatures(xor_model, x, labels, clusters=2, held_out=0.0)
    # {(0,0) x 5, (1,0) x 6} and {(2,1) x 3} costs 30/11; {(0,0)} and {(1,0) x 6, (2,1) x 3} costs 4
    np.testing.assert_array_equal(answer.values[:, 0], np.where(x.sum(1) == 2, 0, 1))
    np.testing.assert_allclose(answer.arrays["centroid/1"], [[2, 1], [6 / 11, 0]], rtol=1e-6, atol=1e-7)


def test_the_fit_sees_only_what_the_network_gets_right(xor_model, corners):
    x, labels = corners
    wrong = np.where(x.sum(1) == 2, 1, labels)
    answer = vitrail.signatures(xor_model, x, wrong, clusters=2, held_out=0.0)
    assert set(answer.arrays["role"][x.sum(1) == 2]) == {LEFT}
    np.testing.assert_allclose(answer.arrays["centroid/1"], [[0, 0], [1, 0]], atol=1e-9)
    np.testing.assert_array_equal(answer.values[x.sum(1) == 2, 0], 1)  # (2, 1) is nearer to (1, 0)
    every = vitrail.signatures(xor_model, x, wrong, clusters=3, held_out=0.0, fit="all")
    assert set(every.arrays["role"]) == {FIT}


def test_without_labels_all_examples_are_fit_and_classes_are_what_the_network_says(xor_model, corners):
    x, _ = corners
    answer = vitrail.signatures(xor_model, x, clusters=3, held_out=0.0)
    assert set(answer.arrays["label"]) == {-1}
    assert answer.checks["accuracy"] is None
    assert answer.checks["fitted"] == 14


def test_names_of_classes_are_labels_too(layered_model):
    x, labels = blobs(60)
    names = np.array(["ant", "bee", "cat"])[labels]
    first, second = (vitrail.signatures(layered_model, x, given, clusters=3) for given in (labels, names))
    np.testing.assert_array_equal(first.arrays["label"], second.arrays["label"])
    assert first.labels["class"] == ["ant", "bee", "cat"]


def test_a_class_that_the_network_never_saw_has_a_name(layered_model):
    x, labels = blobs(60)
    odd = np.array(["ant", "bee", "cat"], object)[labels]
    odd[:5] = "dodo"
    answer = vitrail.signatures(layered_model, x, odd, clusters=3)
    assert answer.labels["class"] == ["ant", "bee", "cat", "dodo"]
    assert (answer.arrays["label"][:5] == 3).all()
    assert set(answer.arrays["role"][:5]) & {FIT} == set()
    answer = vitrail.signatures(layered_model, x, np.where(labels == 0, 6, labels), clusters=2)
    assert answer.labels["class"] == ["ant", "bee", "cat", "3", "4", "5", "6"]


def test_well_parted_classes_go_well_parted_ways(fitted):
    assert min(fitted.checks["purity"]) > 0.99
    np.testing.assert_array_equal(fitted.values[:, -1], fitted.arrays["label"])  # clusters are numbered by class


def test_a_share_is_held_out(fitted):
    counts = np.bincount(fitted.arrays["role"], minlength=4)
    assert counts[VALIDATION] == counts[CALIBRATION] == 80


def test_the_same_seed_gives_the_same_bytes(layered_model, tmp_path):
    x, labels = blobs(120)
    one, two, other = (vitrail.signatures(layered_model, x, labels, clusters=4, seed=seed) for seed in (5, 5, 6))
    assert one.arrays.keys() == two.arrays.keys()
    for name in one.arrays:
        np.testing.assert_array_equal(one.arrays[name], two.arrays[name])
    assert (one.arrays["role"] != other.arrays["role"]).any()


def test_parts_and_batches_of_any_size_give_the_same(layered_model, monkeypatch):
    from vitrail.signatures import read

    x, labels = blobs(150)
    whole = vitrail.signatures(layered_model, x, labels, clusters=4)
    monkeypatch.setattr(read, "MOST", 40)
    monkeypatch.setattr(read, "FEWEST", 1)
    monkeypatch.setattr(read, "LARGEST_BATCH", 1500)
    pieces = vitrail.signatures(layered_model, x, labels, clusters=4)
    np.testing.assert_array_equal(whole.values, pieces.values)
    for name in ("centroid/1", "centroid/3", "distance"):
        np.testing.assert_allclose(whole.arrays[name], pieces.arrays[name], rtol=1e-5, atol=1e-6)


def test_torch_and_keras_agree():
    keras = on_torch()
    net = layered().float()
    twin = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(5, activation="tanh"),
            keras.layers.Dense(3),
        ]
    )
    linear = [part for part in net if isinstance(part, nn.Linear)]
    twin.set_weights([a for part in linear for a in (part.weight.detach().numpy().T, part.bias.detach().numpy())])
    x, labels = blobs(200)
    x = x.astype(np.float32)
    one, two = (vitrail.signatures(vitrail.open(model), x, labels, clusters=4) for model in (net, twin))
    assert len(np.unique(one.values, axis=0)) > 4
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_allclose(one.arrays["centroid/3"], two.arrays[f"centroid/{two.labels['layer'][1]}"], atol=1e-3)


def test_with_bins_the_codes_are_clustered(xor_model, corners):
    x, labels = corners
    answer = vitrail.signatures(xor_model, x, labels, clusters=3, bins=4, held_out=0.0)
    # h_0 of 0, 1, 2 with edges 0.5, 1, 1.5: codes 0, 2, 3;  h_1 of 0, 0, 1 with edges 1/4, 1/2, 3/4: codes 0, 0, 3
    np.testing.assert_allclose(answer.arrays["edges/1"], [[0.5, 1.0, 1.5], [0.25, 0.5, 0.75]])
    np.testing.assert_allclose(answer.arrays["centroid/1"], [[0, 0], [3, 3], [2, 0]], atol=1e-9)
    assert answer.target["bins"] == {"count": 4, "by": "width"}


def test_one_number_of_clusters_for_each_layer(layered_model):
    x, labels = blobs(80)
    answer = vitrail.signatures(layered_model, x, labels, clusters=[2, 5])
    assert answer.checks["clusters"] == [2, 5]
    assert answer.values.max(0).tolist() == [1, 4]


def test_the_number_of_clusters_can_be_found(layered_model):
    x, labels = blobs(150)
    answer = vitrail.signatures(layered_model, x, labels, layers="3", clusters="auto")
    assert answer.checks["clusters"] == [3]


def test_two_classes_out_of_one_number():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.Sigmoid()).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(2))
        net[0].bias.zero_()
        net[2].weight.copy_(torch.tensor([[1.0, -1.0]]))
        net[2].bias.fill_(-0.5)
    x = np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 6)
    answer = vitrail.signatures(vitrail.open(net), x, [1] * 4 + [0] * 6, clusters=2, held_out=0.0)
    assert answer.arrays["predicted"].tolist() == [1] * 4 + [0] * 6
    assert answer.checks["accuracy"] == 1.0
    expected = np.where(np.arange(10) < 4, 1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(-1.5)))
    np.testing.assert_allclose(answer.outputs[:, 0], expected, rtol=1e-6)
    assert answer.labels["class"] == ["0", "1"]


def test_a_number_has_its_quarters_for_classes():
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.ones(2, 1))
        net[0].bias.copy_(torch.tensor([0.0, -4.0]))
        net[2].weight.copy_(torch.ones(1, 2))
        net[2].bias.zero_()
    x = np.arange(8.0)[:, None]
    answer = vitrail.signatures(vitrail.open(net), x, x[:, 0], clusters=2, held_out=0.0)
    # f = x up to 4, then 2 x - 4: 0 1 2 3 4 6 8 10 with quartiles 1.75, 3.5, 6.5
    assert answer.arrays["predicted"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert answer.arrays["label"].tolist() == [0, 0, 1, 1, 2, 2, 2, 3]
    assert answer.labels["class"][0] == "lowest quarter"
    np.testing.assert_allclose(answer.outputs[:, 0], [0, 1, 2, 3, 4, 6, 8, 10])


def test_a_store_is_kept_and_a_temporary_one_is_not(layered_model, tmp_path):
    x, labels = blobs(50)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, store=tmp_path / "store")
    names = sorted(path.name for path in (tmp_path / "store").iterdir())
    assert names == ["part-000000.parquet", "signatures.parquet", "store.json"]
    assert answer.provenance["store"] == str(tmp_path / "store")
    assert vitrail.signatures(layered_model, x, labels, clusters=3).provenance["store"] is None


def test_the_network_and_the_random_numbers_are_left_alone(layered_model):
    x, labels = blobs(50)
    torch.manual_seed(3)
    before, mode = torch.get_rng_state(), layered_model.network.parts()
    vitrail.signatures(layered_model, x, labels, clusters=3)
    torch.testing.assert_close(torch.get_rng_state(), before)
    assert all(not part._forward_hooks for part in mode.values())


def test_progress_ends_at_all_examples(layered_model):
    x, labels = blobs(50)
    seen = []
    vitrail.signatures(layered_model, x, labels, clusters=3, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (50, 50)


# -- what is refused -----------------------------------------------------------------------------------------


def test_labels_of_another_length(layered_model, tmp_path):
    x, labels = blobs(50)
    with pytest.raises(BadInput, match=r"labels have shape \(49,\), and x holds 50 examples"):
        vitrail.signatures(layered_model, x, labels[:-1], store=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_more_clusters_than_examples(layered_model, tmp_path):
    x, labels = blobs(12)
    with pytest.raises(BadInput, match="20 clusters were asked at layer '1', and 12 examples"):
        vitrail.signatures(layered_model, x, labels, clusters=20, store=tmp_path / "store")
    assert not (tmp_path / "store").exists()  # known before anything runs
    with pytest.raises(BadInput, match="12 clusters were asked at layer '1', and 10 examples"):
        vitrail.signatures(layered_model, x, labels, clusters=12)


def test_more_clusters_than_different_examples(xor_model, corners):
    x, labels = corners
    with pytest.raises(BadInput, match="says only 3 different things about 14 examples"):
        vitrail.signatures(xor_model, x, labels, clusters=4, held_out=0.0)


def test_a_constant_layer(corners):
    net = xor()
    with torch.no_grad():
        net[0].bias.fill_(-9.0)  # nothing comes through the ReLU
    x, _ = corners
    with pytest.raises(BadInput, match="layer '1' says the same of all 14 examples"):
        vitrail.signatures(vitrail.open(net), x, clusters=1, held_out=0.0)


def test_no_correct_prediction(xor_model, corners):
    x, labels = corners
    with pytest.raises(BadInput, match="gets none of the 14 examples right"):
        vitrail.signatures(xor_model, x, 1 - labels, clusters=2)


def test_a_store_of_another_network(layered_model, tmp_path):
    x, labels = blobs(50)
    vitrail.signatures(layered_model, x, labels, clusters=3, store=tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = vitrail.open(layered(seed=1))
    with pytest.raises(BadInput, match="of another network .* Nothing was overwritten"):
        vitrail.signatures(other, x, labels, clusters=3, store=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    vitrail.signatures(other, x, labels, clusters=3, store=tmp_path, overwrite=True)
    assert (tmp_path / "store.json").read_bytes() != before["store.json"]


def test_a_folder_with_other_things(layered_model, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"sun")
    x, labels = blobs(50)
    for overwrite in (False, True):
        with pytest.raises(AlreadyExists):
            vitrail.signatures(layered_model, x, labels, clusters=3, store=tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"clusters": 0}, "clusters=0|does not fit"),
        ({"clusters": [3]}, "does not fit 2 layers"),
        ({"clusters": "many"}, "does not fit"),
        ({"clusters": 2.5}, "does not fit"),
        ({"bins": 1}, "bins must be"),
        ({"bins": "8:depth"}, "'depth'"),
        ({"held_out": 1.0}, "held_out must be"),
        ({"held_out": float("nan")}, "held_out must be"),
        ({"fit": "some"}, "fit='some'"),
        ({"keep": "int4"}, "keep='int4'"),
        ({"keep": "code"}, "without bins"),
        ({"pool": "median"}, "pool='median'"),
        ({"layers": []}, "no layer"),
        ({"layers": ["1", "1"]}, "a layer twice"),
        ({"seed": -1}, "seed"),
        ({"seed": 0.5}, "seed"),
    ],
)
def test_settings_out_of_range(layered_model, settings, words, tmp_path):
    x, labels = blobs(50)
    with pytest.raises(BadSetting, match=words):
        vitrail.signatures(layered_model, x, labels, **{"clusters": 3, **settings}, store=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_layer_that_does_not_exist(layered_model):
    with pytest.raises(NoSuchLayer, match="no layer named '9'"):
        vitrail.signatures(layered_model, blobs(50)[0], layers=["9"])


def test_a_network_that_was_not_opened():
    with pytest.raises(BadSetting, match="Open it first"):
        vitrail.signatures(xor(), blobs(50)[0])


def test_a_network_that_gives_a_map(corners):
    net = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU(), nn.Conv2d(3, 2, 1))
    with pytest.raises(vitrail.VitrailError, match=r"\(2, 4, 4\) numbers for each example"):
        vitrail.signatures(vitrail.open(net), np.zeros((5, 1, 4, 4)))
