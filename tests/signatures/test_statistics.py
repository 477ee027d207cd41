import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

import vitrail
from vitrail.errors import BadInput
from vitrail.signatures import statistics as module
from vitrail.signatures.alignment import middled, of_few
from vitrail.signatures.batch import Batch
from vitrail.signatures.statistics import statistics

RANDOM = np.random.default_rng(0)
COUNT = 90
KINDS = RANDOM.integers(0, 3, COUNT)
WAVES = RANDOM.normal(size=(COUNT, 4)) + KINDS[:, None] * [2.0, 0.0, -1.0, 0.5]
LAYERS = {"net.0/relu#1": np.maximum(WAVES, 0), "last": np.tanh(WAVES @ RANDOM.normal(size=(4, 7)) - 0.3)}
CLUSTERS = np.stack([(KINDS + (RANDOM.random(COUNT) < 0.2)) % 4, RANDOM.integers(0, 5, COUNT)], 1).astype(np.int32)


def batches(layers, label=KINDS, predicted=None, clusters=CLUSTERS, size=17):
    """A function that begins the batches anew."""
    count = len(label)
    predicted = np.zeros(count, np.int32) if predicted is None else predicted

    def begin():
        for start in range(0, count, size):
            some = slice(start, min(start + size, count))
            rows = np.arange(count)[some]
            given = {name: x[some] for name, x in layers.items()}
            yield Batch(rows, given, label[some], predicted[some], clusters[some], np.ones(len(rows), np.int8))

    return begin


def found(layers=LAYERS, classes=3, **given):
    whole = statistics(batches(layers, **given), list(layers), classes, 0)
    return {name.removeprefix("statistics/"): array for name, (array, _) in whole.items()}


def one_layer(values, **given):
    x = np.asarray(values, float)
    given = {"label": np.zeros(len(x), int), "clusters": np.zeros((len(x), 1), int), **given}
    return found({"a": x}, **given)


# -- dead and saturated units --------------------------------------------------------------------------------


def test_dead_units_by_hand():
    third = 0.1 + 0.2
    units = np.array([[0.0, 2.0, 0.3, -1.0, 0.0], [0.0, 2.0, third, -1.0, 1e-9], [0.0, 2.0, 0.3, -1.01, 0.0]])
    said = one_layer(units)
    np.testing.assert_array_equal(said["dead_unit/a"], [1, 1, 1, 0, 0])
    assert (said["units"], said["dead"]) == (5, 3)
    assert said["saturated"] == 2  # the living ones, with all of their three examples at an end


def test_saturated_units_by_hand():
    # 100 examples; a range from 0 to 10, so what is below 0.1 or above 9.9 is at an end
    x = np.full((100, 6), 5.0)
    x[0], x[1] = 0.0, 10.0
    x[2:96, 0] = 0.05  # 96 of 100 at an end
    x[2:95, 1] = 0.05  # 95: not more than 95 %
    x[2:50, 2], x[50:96, 2] = 9.95, 0.0  # both ends together
    x[2:, 3] = 0.2  # near, but not near enough
    x[:, 4] = 3.0  # dead
    x[2:, 5] = 10.0
    said = one_layer(x)
    np.testing.assert_array_equal(said["saturated_unit/a"], [1, 0, 1, 0, 0, 1])
    np.testing.assert_array_equal(said["dead_unit/a"], [0, 0, 0, 0, 1, 0])
    assert said["saturated"] == 3


def test_codes_of_bins_are_counted_as_they_are():
    codes = np.array([[7, 7]] * 97 + [[6, 0]] * 3, np.uint8)
    assert one_layer(codes)["saturated"] == 2
    codes = np.array([[7, 6]] * 96 + [[6, 7], [0, 0], [1, 1], [2, 2]], np.uint8)  # 6 is no end of 0 to 7
    np.testing.assert_array_equal(one_layer(codes)["saturated_unit/a"], [1, 0])


# -- classes -------------------------------------------------------------------------------------------------


def test_profiles_are_means():
    said = found()
    for name, x in LAYERS.items():
        expected = [[np.mean([x[i, u] for i in range(COUNT) if KINDS[i] == k]) for u in range(x.shape[1])] for k in
                    range(3)]  # fmt: skip
        assert np.abs(expected).min() > 1e-3
        np.testing.assert_allclose(said[f"profile/{name}"], expected, rtol=1e-12)


def test_classes_without_examples_have_no_profile():
    profile = found(classes=5)["profile/last"]
    assert profile.shape == (5, 7)
    assert np.isnan(profile[3:]).all()
    assert not np.isnan(profile[:3]).any()
    np.testing.assert_array_equal(found(classes=5)["selectivity/last"], found()["selectivity/last"])


def test_unknown_labels_give_way_to_predictions():
    label = np.where(np.arange(COUNT) % 2, KINDS, -1)
    predicted = (KINDS + 1) % 3
    mixed = np.where(label >= 0, label, predicted)
    said, expected = found(label=label, predicted=predicted), found(label=mixed)
    np.testing.assert_array_equal(said["profile/last"], expected["profile/last"])
    np.testing.assert_array_equal(said["purity"], expected["purity"])
    assert said["purity"][0] != found()["purity"][0]


def slow_selectivity(x, kinds):
    """By loops, for units that may be negative: above their lowest value."""
    answers = []
    for unit in x.T:
        above = [v - min(0, min(unit)) for v in unit]
        means = [np.mean([v for v, k in zip(above, kinds, strict=True) if k == each]) for each in sorted(set(kinds))]
        best = max(means)
        rest = np.mean([m for i, m in enumerate(means) if i != means.index(best)])
        answers.append((best - rest) / (best + rest))
    return answers


def test_selectivity_is_its_definition():
    said = found()
    for name, x in LAYERS.items():
        expected = slow_selectivity(x, KINDS)
        assert max(expected) > 0.2
        np.testing.assert_allclose(said[f"selectivity/{name}"], expected, rtol=1e-10)


def test_selectivity_by_hand():
    # classes 0, 0, 1, 2; the last unit is dead, the last but one negative
    x = [[4, 1, 1, 0, -4, -7], [4, 1, 3, 0, -4, -7], [0, 1, 1, 0, -4, -7], [0, 1, 0, 3, -1, -7]]
    said = one_layer(x, label=np.array([0, 0, 1, 2]))["selectivity/a"]
    np.testing.assert_allclose(said, [1, 0, (2 - 0.5) / (2 + 0.5), 1, 1, 0])


def test_one_class_has_nothing_to_select():
    np.testing.assert_array_equal(one_layer(WAVES)["selectivity/a"], np.zeros(4))


def test_purity_and_information_of_each_layer():
    said = found()
    for i in range(2):
        right = sum(max(np.sum((CLUSTERS[:, i] == c) & (k == KINDS)) for k in range(3)) for c in range(5))
        assert said["purity"][i] == right / COUNT
    assert said["nmi"][0] > 0.3 > 0.1 > said["nmi"][1]


# -- layers and pictures -------------------------------------------------------------------------------------


def test_similarity_of_layers():
    expected = of_few([middled(x) for x in LAYERS.values()])
    assert 0.2 < expected[0, 1] < 0.95
    np.testing.assert_allclose(found()["cka"], expected, rtol=1e-9)


def test_projections_are_principal_components():
    said = found()
    np.testing.assert_array_equal(said["projection_row"], np.arange(COUNT))
    for name, x in LAYERS.items():
        peer = PCA(2, svd_solver="full").fit(x)
        signs = np.sign(peer.components_[[0, 1], np.abs(peer.components_).argmax(1)])
        np.testing.assert_allclose(said[f"projection/{name}"], peer.transform(x) * signs, atol=1e-9)
        np.testing.assert_allclose(said[f"explained/{name}"], peer.explained_variance_ratio_, rtol=1e-9)


def test_wide_layers_are_compared_and_projected_by_their_sample(monkeypatch):
    everything = found()
    monkeypatch.setattr(module, "WIDE", 10)  # all layers together have 11 units
    few = found()
    assert few["cka_examples"] == everything["cka_examples"] == COUNT
    for name, array in everything.items():
        np.testing.assert_allclose(few[name], array, rtol=1e-7, atol=1e-10, err_msg=name)
    monkeypatch.setattr(module, "fitting", lambda units: 30)
    sampled = found()
    assert sampled["cka_examples"] == 30
    rows = sampled["projection_row"]
    np.testing.assert_allclose(sampled["cka"], of_few([middled(x[rows]) for x in LAYERS.values()]), rtol=1e-7)
    np.testing.assert_array_equal(sampled["dead_unit/last"], everything["dead_unit/last"])


@pytest.mark.parametrize("size", [1, 40, COUNT])
def test_batches_are_all_at_once(size):
    once = found(size=COUNT)
    for name, array in found(size=size).items():
        np.testing.assert_allclose(array, once[name], rtol=1e-9, atol=1e-11, err_msg=name)


def test_float32_is_close_to_float64():
    layers = {name: x.astype(np.float32) for name, x in LAYERS.items()}
    exact = found()
    for name, array in found(layers).items():
        np.testing.assert_allclose(array, exact[name], rtol=2e-4, atol=2e-5, err_msg=name)


# -- the record ----------------------------------------------------------------------------------------------


def test_it_can_be_part_of_an_explanation_and_saved(tmp_path):
    named = statistics(batches(LAYERS), list(LAYERS), 3)
    assert all(name.startswith("statistics/") for name in named)
    arrays, axes = ({name: pair[i] for name, pair in named.items()} for i in (0, 1))
    answer = vitrail.Explanation("signature", arrays, axes, {}, np.zeros((COUNT, 1)), {})
    answer.save(tmp_path / "a")
    for name, array in vitrail.load(tmp_path / "a").arrays.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_memory_does_not_grow_with_the_examples():
    few = module.Spread(counted(100), 0)
    many = module.Spread(counted(3000), 0)
    for spread, count in ((few, 100), (many, 3000)):
        for batch in endless(count)():
            spread.add(batch)
    sizes = [sum(a.nbytes for a in s.products.crossed.values()) for s in (few, many)]
    assert sizes[0] == sizes[1] > 0
    assert (len(few.sample.rows), len(many.sample.rows)) == (100, 2000)


def endless(count):
    x = np.random.default_rng(0).normal(size=(count, 3))
    return batches({"a": x}, np.zeros(count, int), clusters=np.zeros((count, 1), int), size=500)


def counted(count):
    counts = module.Counts(["a"], 1)
    for batch in endless(count)():
        counts.add(batch)
    return counts


def test_nothing_is_refused_and_so_are_classes_that_do_not_exist():
    with pytest.raises(BadInput, match="no examples"):
        found(label=KINDS[:0])
    with pytest.raises(BadInput, match="is of class 2"):
        found(classes=2)
    with pytest.raises(BadInput, match="is of class -1"):
        found(label=np.full(COUNT, -1), predicted=np.full(COUNT, -1))


def test_empty_batches_are_passed_over():
    begin = batches(LAYERS)
    empty = Batch(np.arange(0), {n: x[:0] for n, x in LAYERS.items()}, KINDS[:0], KINDS[:0], CLUSTERS[:0], KINDS[:0])
    said = statistics(lambda: iter([empty, *begin(), empty]), list(LAYERS), 3)
    np.testing.assert_array_equal(said["statistics/purity"][0], found()["purity"])


# -- out of the verb -----------------------------------------------------------------------------------------


def test_the_verb_counts_its_own_store(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).eval()
    network[0].bias.data[2] = -100.0  # a unit that nothing reaches
    model = vitrail.open(network, classes=["ant", "bee", "cat"])
    x = WAVES.astype(np.float32)
    answer = vitrail.signatures(model, x, KINDS, fit="all", clusters=4, held_out=0, keep="float32")
    layers = {name: vitrail.explain(model, x, "layer-activation", layer=name).values for name in answer.labels["layer"]}
    assert list(layers) == ["1", "3"]
    expected = statistics(batches(layers, clusters=answer.values), list(layers), 3)
    for name, (array, axes) in expected.items():
        assert answer.axes[name] == axes
        np.testing.assert_allclose(answer.arrays[name], array, rtol=1e-4, atol=1e-5, err_msg=name)
    assert answer.arrays["statistics/dead_unit/1"][2] == 1
    assert answer.checks["purity"] == answer.arrays["statistics/purity"].tolist()
