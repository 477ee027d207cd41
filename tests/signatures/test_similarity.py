import shutil

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from blobs import blobs
from vitrail.errors import BadInput, CannotOpen
from vitrail.signatures import read
from vitrail.signatures import similarity as module
from vitrail.signatures.activations import Activations, Part
from vitrail.signatures.alignment import middled, of_few
from vitrail.signatures.similarity import cka, cut

RANDOM = np.random.default_rng(0)
COUNT = 50
FIRST = {"block.1/relu#1": RANDOM.normal(size=(COUNT, 5)), "end": RANDOM.normal(size=(COUNT, 3))}
SECOND = {
    "a": FIRST["end"] @ RANDOM.normal(size=(3, 8)),
    "b": np.tanh(FIRST["end"] * 2) + 0.2 * RANDOM.normal(size=(COUNT, 3)),
    "c": np.ones((COUNT, 2)),
}


def stored(folder, layers, weights, part=16, digest="digest"):
    """A store as the verb writes it."""
    count = len(next(iter(layers.values())))
    about = {"weights": weights, "layers": list(layers), "pool": [], "keep": "float32", "examples": count, "part": part}
    store = Activations.begin(folder, about, overwrite=False)
    for start in store.starts:
        rows = store.rows(start)
        some = {name: x[rows].astype(np.float32) for name, x in layers.items()}
        store.write(Part(rows, np.zeros((len(rows), 2), np.float32), some), digest * len(rows), "float32")
    return folder


def signature(layers, folder, weights="w"):
    provenance = {"store": folder and str(folder), "model": {"name": "net", "weights": weights}}
    labels = {"layer": list(layers)}
    return vitrail.Explanation("signature", {}, {}, {}, np.zeros((COUNT, 1)), {}, labels, provenance)


@pytest.fixture
def pair(tmp_path):
    """Signatures of two networks, whose stores are cut into parts of different sizes."""
    return (
        signature(FIRST, stored(tmp_path / "first", FIRST, "w"), "w"),
        signature(SECOND, stored(tmp_path / "second", SECOND, "v", 7), "v"),
    )


def expected(one=FIRST, other=SECOND, debiased=True):
    layers = [middled(x) for x in (*one.values(), *other.values())]
    return of_few(layers, debiased)[: len(one), len(one) :]


@pytest.mark.parametrize("debiased", [True, False])
def test_every_layer_of_one_with_every_layer_of_the_other(pair, debiased, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 9)
    answer = cka(*pair, debiased=debiased)
    assert (answer.kind, answer.axes["values"]) == ("similarity", ("layer", "layer"))
    assert (answer.labels["layer"], answer.labels["second"]) == (list(FIRST), list(SECOND))
    assert (answer.checks["examples"], answer.checks["compared"]) == (COUNT, COUNT)
    assert 0.1 < answer.values[1, 1] < 0.99
    assert np.isnan(answer.values[:, 2]).all()
    np.testing.assert_allclose(answer.values, expected(debiased=debiased), rtol=1e-4, atol=1e-5)


def test_a_network_with_itself(pair):
    values = cka(pair[0], pair[0]).values
    np.testing.assert_allclose(np.diagonal(values), 1, rtol=1e-6)
    np.testing.assert_allclose(values, values.T, rtol=1e-6)
    np.testing.assert_allclose(cka(*pair).values, cka(*pair[::-1]).values.T, rtol=1e-6)


def test_wide_networks_are_compared_on_a_sample(pair, monkeypatch):
    monkeypatch.setattr(module, "WIDE", 20)  # they have 21 units
    np.testing.assert_allclose(cka(*pair).values, expected(), rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(module, "fitting", lambda units: 30)
    answer = cka(*pair)
    assert (answer.checks["examples"], answer.checks["compared"]) == (COUNT, 30)
    assert np.abs(answer.values - expected())[:, :2].max() > 1e-3


def test_it_is_saved_drawn_and_loaded(pair, tmp_path):
    answer = cka(*pair)
    answer.save(tmp_path / "a")
    np.testing.assert_array_equal(vitrail.load(tmp_path / "a").values, answer.values)
    assert answer.plot() is not None


def test_activations_of_two_networks():
    x = RANDOM.normal(size=(12, 1, 4, 4)).astype(np.float32)
    networks = [nn.Sequential(nn.Conv2d(1, c, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * c, 2)) for c in (2, 3)]
    answers = [vitrail.explain(vitrail.open(net), x, "layer-activation", layer="1") for net in networks]
    layers = [middled(answer.values.reshape(12, -1).astype(float)) for answer in answers]
    assert layers[0].shape == (12, 8)
    np.testing.assert_allclose(cka(*answers).values, of_few(layers)[:1, 1:], rtol=1e-4)
    with pytest.raises(BadInput, match="different examples"):
        cka(answers[0], vitrail.explain(vitrail.open(networks[1]), x + 1, "layer-activation", layer="1"))


def test_other_examples_are_refused(pair, tmp_path):
    fewer = {name: x[:-1] for name, x in FIRST.items()}
    with pytest.raises(BadInput, match="50 and 49 of them"):
        cka(pair[0], signature(fewer, stored(tmp_path / "fewer", fewer, "w")))
    with pytest.raises(BadInput, match="with other hashes"):
        cka(pair[0], signature(FIRST, stored(tmp_path / "others", FIRST, "w", digest="others")))


def test_stores_that_are_cut_otherwise_are_compared(pair, tmp_path):
    other = signature(SECOND, stored(tmp_path / "cut", SECOND, "w", part=20))
    np.testing.assert_allclose(cka(pair[0], other).values, cka(*pair).values, rtol=1e-6)
    assert cka(other, other).values[0, 0] == pytest.approx(1)
    with pytest.raises(BadInput, match="with other hashes"):
        cka(pair[0], signature(SECOND, stored(tmp_path / "others", SECOND, "w", part=20, digest="others")))


def test_two_networks_of_different_width_on_the_same_examples(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "FEWEST", 64)
    monkeypatch.setattr(read, "PART", 4 * 13 * 100)  # parts of 64 examples for the wide one, of 128 for the narrow one
    x, labels = blobs(200)
    other = x.copy()
    other[150] += 1
    answers = {}
    for name, units, data in (("wide", 8, x), ("narrow", 4, x), ("other", 4, other)):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Linear(6, units), nn.Tanh(), nn.Linear(units, units // 2), nn.Tanh(), nn.Linear(units // 2, 3)
        )
        model = vitrail.open(net.double())
        answers[name] = vitrail.signatures(model, data, clusters=2, store=tmp_path / name)
    cuts = [len(list((tmp_path / name).glob("part-*"))) for name in ("wide", "narrow")]
    assert cuts[0] > cuts[1]
    found = cka(answers["wide"], answers["narrow"], debiased=False).values
    kept = [answers[name].model.trace(x, keep=("1", "3")).layers for name in ("wide", "narrow")]
    expected = of_few([middled(each[name].numpy()) for each in kept for name in ("1", "3")], False)[:2, 2:]
    np.testing.assert_allclose(found, expected, atol=2e-3)
    with pytest.raises(BadInput, match="with other hashes"):
        cka(answers["wide"], answers["other"])


def test_a_store_that_is_not_whole_is_refused(pair, tmp_path):
    (tmp_path / "first/part-000001.parquet").unlink()
    with pytest.raises(BadInput, match=r"part-000001.*is missing"):
        cka(*pair)


def test_what_was_not_kept_is_refused(pair, tmp_path):
    with pytest.raises(BadInput, match="were not kept"):
        cka(pair[0], signature(FIRST, None))
    with pytest.raises(BadInput, match="holds activations of the weights w, and the signatures are of u"):
        cka(signature(FIRST, tmp_path / "first", "u"), pair[1])
    with pytest.raises(BadInput, match="kind 'attribution' holds no activations"):
        cka(pair[0], vitrail.explain(vitrail.open(nn.Linear(2, 2)), np.ones((1, 2), np.float32), "gradient"))
    shutil.rmtree(tmp_path / "second")
    with pytest.raises(CannotOpen):
        cka(*pair)


@pytest.mark.parametrize("sizes", [[10], [1] * 10, [3, 3, 4], [4, 4, 2], [0, 9, 0, 1]])
def test_parts_are_cut_alike(sizes):
    x = np.arange(10)
    parts = iter([[some, -some] for some in np.split(x, np.cumsum(sizes)[:-1])])
    pieces = list(cut(parts, 4))
    assert [len(one) for one, _ in pieces] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([one for one, _ in pieces]), x)
    np.testing.assert_array_equal(np.concatenate([other for _, other in pieces]), -x)


def test_two_networks_that_were_asked_for_their_signatures(tmp_path):
    x = RANDOM.normal(size=(80, 4)).astype(np.float32)
    models = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        layers = [nn.Linear(4, 6 + seed), nn.Tanh(), nn.Linear(6 + seed, 5), nn.ReLU(), nn.Linear(5, 3)]
        models.append(vitrail.open(nn.Sequential(*layers).eval()))
    given = {"clusters": 2, "held_out": 0, "keep": "float32"}
    one, other = (vitrail.signatures(m, x, store=tmp_path / str(i), **given) for i, m in enumerate(models))
    said = [
        middled(vitrail.explain(m, x, "layer-activation", layer=name).values.astype(float))
        for m in models
        for name in ("1", "3")
    ]
    np.testing.assert_allclose(cka(one, other).values, of_few(said)[:2, 2:], rtol=1e-4, atol=1e-5)
    strange = vitrail.signatures(models[1], x + 1, store=tmp_path / "strange", **given)
    with pytest.raises(BadInput, match="different examples"):
        cka(one, strange)
    with pytest.raises(BadInput, match="were not kept"):
        cka(one, vitrail.signatures(models[1], x, **given))
    loaded = vitrail.load(one.save(tmp_path / "one"))  # no network is needed for this
    np.testing.assert_array_equal(cka(loaded, other).values, cka(one, other).values)
