"""Learning curves: each measure where it belongs."""

import numpy as np
import pytest

from lessons import blobs
from vitrail.errors import BadInput
from vitrail.train.curves import curves
from vitrail.train.verb import train

ROWS = [
    {"phase": "head", "epoch": 1, "rate": 0.1, "loss": 3.0, "val_loss": 2.0},
    {"phase": "head", "epoch": 2, "rate": 0.1, "loss": 2.0, "val_loss": 1.5},
    {"phase": "all", "epoch": 1, "rate": 0.01, "loss": 1.5, "val_loss": 1.0},
    {"phase": "all", "epoch": 2, "rate": 0.01, "loss": 1.0, "val_loss": 1.2},
]


def test_training_stands_half_an_epoch_earlier_than_validation():
    answer = curves(ROWS)
    assert answer.labels["metric"] == ["loss", "val_loss"]
    np.testing.assert_array_equal(answer.arrays["at"], [[0.5, 1], [1.5, 2], [2.5, 3], [3.5, 4]])
    np.testing.assert_array_equal(answer.values[:, 1], [2, 1.5, 1, 1.2])


def test_of_a_loss_that_falls_evenly_both_curves_lie_on_one_line():
    """The mean over an epoch of 10 - t is its middle, the end of the epoch is what validation sees."""
    seconds = np.arange(0, 5, 0.001) + 0.0005
    rows = [
        {
            "phase": "all",
            "epoch": e,
            "rate": 1.0,
            "val_loss": 10.0 - e,
            "loss": (10 - seconds[seconds // 1 == e - 1]).mean(),
        }
        for e in range(1, 6)
    ]
    answer = curves(rows)
    np.testing.assert_allclose(answer.values, 10 - answer.arrays["at"], atol=1e-9)


def test_phases_rates_and_the_epoch_that_was_kept():
    answer = curves(ROWS, {"method": "transfer", "settings": {"rate": 0.1}})
    np.testing.assert_array_equal(answer.arrays["phase"], [0, 0, 1, 1])
    np.testing.assert_array_equal(answer.arrays["rate"], [0.1, 0.1, 0.01, 0.01])
    assert answer.labels["phase"] == ["head", "all"]
    assert answer.checks == {"epochs": 4, "best_epoch": 3, "val_loss": 1.0}
    assert answer.method == "transfer"


def test_what_was_not_measured_is_nan_and_known_of_no_best_epoch():
    answer = curves([{"epoch": 1, "updates": 3}, {"epoch": 2, "updates": "", "accuracy": 1.0}])
    np.testing.assert_array_equal(answer.values, [[3, np.nan], [np.nan, 1]])
    assert np.isnan(answer.arrays["rate"]).all()
    assert answer.checks == {"epochs": 2}


def test_the_first_of_equal_losses_was_kept():
    assert curves([{**ROWS[0], "val_loss": v} for v in (2.0, 1.0, 1.0)]).checks["best_epoch"] == 2


def test_a_history_without_epochs_is_refused():
    with pytest.raises(BadInput, match="no epochs"):
        curves([])


def test_a_run_gives_its_own_curves_and_tells_each_epoch_as_it_comes(tmp_path):
    heard = []
    run = train(
        "mlp-classifier", blobs(), folder=tmp_path, hidden=(4,), epochs=2, heard=lambda row: heard.append(dict(row))
    )
    assert heard == run.history
    assert run.curves.method == "mlp-classifier"
    assert run.curves.provenance["settings"]["hidden"] == [4]
    column = run.curves.labels["metric"].index("val_loss")
    np.testing.assert_array_equal(run.curves.values[:, column], [row["val_loss"] for row in heard])
