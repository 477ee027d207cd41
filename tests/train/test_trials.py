"""What is told of a study, from trials that are made up."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from vitrail.train.space import Choices, Range
from vitrail.train.trials import CURVE, FAILED, tuning

SPACE = {"rate": Range(0.1, 1.0, log=True), "hidden": Choices(([8], [16, 8]))}
LOWER = {"metric": "loss", "direction": "minimize"}


@dataclass
class Trial:
    """What Optuna keeps of one."""

    state: SimpleNamespace
    value: float | None
    params: dict
    user_attrs: dict = field(default_factory=dict)


@dataclass
class Study:
    """Some of them."""

    trials: list

    def get_trials(self, deepcopy):
        return self.trials


def trial(state, value, rate, hidden, curve=(), **attrs):
    return Trial(SimpleNamespace(name=state), value, {"rate": rate, "hidden": hidden}, {CURVE: list(curve), **attrs})


def made():
    return Study(
        [
            trial("COMPLETE", 3.0, 0.1, "[8]", [4, 3]),
            trial("PRUNED", 9.0, 0.2, "[8]", [9]),
            trial("FAIL", None, 0.3, "[8]"),
            trial("COMPLETE", 1.0, 0.4, "[16, 8]", [3, 2, 1]),
            trial("PRUNED", None, 0.5, "[16, 8]", **{FAILED: "no number."}),
            trial("RUNNING", None, 0.6, "[8]"),
            trial("COMPLETE", 2.0, 0.7, "[8]", [2]),
        ]
    )


def test_every_trial_that_counts_is_there():
    answer = tuning(made(), SPACE, {"rate": 0.7, "hidden": 0.2}, LOWER)
    np.testing.assert_array_equal(answer.arrays["values"], [3, np.nan, 1, np.nan, 2])
    np.testing.assert_array_equal(answer.arrays["state"], [0, 1, 0, 2, 0])
    np.testing.assert_array_equal(answer.arrays["best"], [3, 3, 1, 1, 1])
    np.testing.assert_array_equal(answer.arrays["setting"], [[0.1, 0], [0.2, 0], [0.4, 1], [0.5, 1], [0.7, 0]])
    np.testing.assert_array_equal(answer.arrays["importance"], [0.7, 0.2])
    expected = [[4, 3, np.nan], [9, np.nan, np.nan], [3, 2, 1], [np.nan] * 3, [2, np.nan, np.nan]]
    np.testing.assert_array_equal(answer.arrays["curve"], expected)
    counts = {name: answer.checks[name] for name in ("trials", "complete", "pruned", "failed")}
    assert counts == {"trials": 5, "complete": 3, "pruned": 1, "failed": 1}
    assert answer.checks["best"] == {"rate": 0.4, "hidden": [16, 8]}
    assert (answer.checks["value"], answer.checks["trial"]) == (1.0, 2)
    assert answer.checks["warnings"] == ["trial 3 failed: no number."]
    assert answer.labels["choice"] == {"hidden": ["[8]", "[16, 8]"]}
    assert answer.labels["scale"] == {"rate": "log"}
    assert answer.labels["range"] == {"rate": [0.1, 1.0]}


def test_the_best_may_be_the_highest():
    answer = tuning(made(), SPACE, {}, {"metric": "accuracy", "direction": "maximize"})
    assert (answer.checks["value"], answer.checks["trial"]) == (3.0, 0)
    np.testing.assert_array_equal(answer.arrays["best"], [3, 3, 3, 3, 3])
    assert np.isnan(answer.arrays["importance"]).all()


@pytest.mark.parametrize("trials", [[], [trial("PRUNED", 1.0, 0.1, "[8]")]])
def test_without_a_complete_trial_there_is_no_best(tmp_path, trials):
    answer = tuning(Study(trials), SPACE, {}, LOWER)
    assert (answer.checks["best"], answer.checks["value"], answer.checks["trial"]) == (None, None, None)
    assert answer.checks["trials"] == len(trials)
    answer.save(tmp_path / "tuning.safetensors")
