import numpy as np
import pytest

import vitrail
from blobs import blobs
from vitrail.signatures.activations import Activations
from vitrail.signatures.known import CALIBRATION, FIT, LEFT, VALIDATION, Known, picked, roles


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_the_share_is_held_out_in_halves(share):
    role = roles(np.ones(200, bool), share, "correct", 0)
    aside = int(share * 200)
    assert [int((role == r).sum()) for r in (LEFT, FIT, VALIDATION, CALIBRATION)] == [
        0, 200 - aside, aside // 2, aside - aside // 2,
    ]  # fmt: skip


def test_what_is_wrong_is_left_out_of_the_fit_but_not_of_calibration():
    right = np.arange(300) % 3 > 0
    role = roles(right, 0.4, "correct", 1)
    assert right[role == FIT].all()
    assert not right[role == LEFT].any()
    share = right[role == CALIBRATION].mean()
    assert 0.4 < share < 0.9  # as everywhere: about two thirds
    assert set(roles(right, 0.4, "all", 1)) == {FIT, VALIDATION, CALIBRATION}


def test_every_example_is_as_likely_to_be_held_out():
    counts = sum((roles(np.ones(10, bool), 0.4, "all", seed) >= VALIDATION).astype(int) for seed in range(1000))
    assert np.abs(counts / 1000 - 0.4).max() < 0.06  # four standard errors


def test_a_sample_is_in_order_and_without_repeats():
    rows = np.arange(0, 100, 2)
    found = picked(rows, 7, 0)
    assert len(found) == len(set(found)) == 7
    assert (np.diff(found) > 0).all()
    assert set(found) <= set(rows)
    np.testing.assert_array_equal(picked(rows, 50, 0), rows)


@pytest.fixture
def known(layered_model, tmp_path):
    x, labels = blobs(90)
    answer = vitrail.signatures(layered_model, x, labels, clusters=3, store=tmp_path, keep="float32")
    arrays = answer.arrays
    return Known(
        Activations.open(tmp_path), arrays["label"], arrays["predicted"], answer.outputs, arrays["role"],
        answer.values, arrays["distance"],
    )  # fmt: skip


def test_batches_hold_every_example_once(known):
    batches = list(known.batches())
    assert np.concatenate([batch.rows for batch in batches]).tolist() == list(range(90))
    np.testing.assert_array_equal(np.concatenate([batch.clusters for batch in batches]), known.clusters)


def test_readings_are_of_one_role_and_can_be_walked_again(known, layered_model):
    walk = known.readings(FIT)
    for _ in range(2):
        found = list(walk())
        assert sum(len(reading.logits) for reading in found) == (known.role == FIT).sum()
        np.testing.assert_array_equal(np.concatenate([r.label for r in found]), known.label[known.role == FIT])
    x, _ = blobs(90)
    logits = layered_model.trace(x).logits.numpy()[known.role == FIT]
    np.testing.assert_allclose(np.concatenate([r.logits for r in found]), logits, rtol=1e-5)


def test_a_sample_of_a_layer(known, layered_model):
    x, _ = blobs(90)
    rows = np.array([3, 40, 89])
    expected = layered_model.trace(x[rows], keep=("3",)).layers["3"].numpy()
    np.testing.assert_allclose(known.sample("3", rows), expected, rtol=1e-5)


def test_the_class_is_the_label_where_it_is_known(known):
    label = np.where(np.arange(90) < 5, -1, known.label)
    mixed = Known(known.store, label, known.predicted + 7, known.said, known.role, known.clusters, known.distance)
    assert mixed.classes[:5].tolist() == (known.predicted[:5] + 7).tolist()
    assert mixed.classes[5:].tolist() == known.label[5:].tolist()
