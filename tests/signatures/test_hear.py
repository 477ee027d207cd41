import numpy as np
import pytest

import vitrail
from blobs import blobs
from vitrail.errors import BadInput


def test_the_output_class_is_the_largest_logit(fitted, layered_model):
    logits = layered_model.trace(blobs(400)[0]).logits
    np.testing.assert_array_equal(fitted.arrays["predicted"], logits.argmax(1).numpy())
    np.testing.assert_allclose(fitted.outputs[:, 0], logits.softmax(1).amax(1).numpy(), rtol=1e-6)


def test_all_wrong_says_what_was_said(layered_model):
    x, labels = blobs(30)
    with pytest.raises(BadInput, match=r"gets none of the 30 examples right.*fit='all'"):
        vitrail.signatures(layered_model, x, (labels + 1) % 3, clusters=2)


def test_nothing_left_to_fit(layered_model):
    x, labels = blobs(40)
    wrong = (labels + 1) % 3
    held = np.random.default_rng(0).permutation(40)[:38]  # the examples that seed 0 holds out
    wrong[held] = labels[held]
    with pytest.raises(BadInput, match="no example of 40 is left for the fit"):
        vitrail.signatures(layered_model, x, wrong, clusters=2, held_out=0.95)


def test_calibration_examples_are_halved(layered_model, tmp_path):
    x, labels = blobs(60)
    answer = vitrail.signatures(
        layered_model, x, labels, clusters=3, calibration=blobs(90, seed=1)[0], store=tmp_path / "s"
    )
    assert answer.checks["calibration"] == 45
    assert answer.checks["calibrated_on"] == "given"
    assert (tmp_path / "s" / "calibration" / "store.json").is_file()
    assert set(answer.arrays["role"]) == {1}
