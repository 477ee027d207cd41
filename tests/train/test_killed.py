"""A training that was killed outright goes on in another process, with the same bytes as if it had not been."""

import subprocess
import sys
from pathlib import Path

import pytest

import vitrail

TESTS = Path(__file__).resolve().parents[1]
TRAIN = """
import itertools, os, signal, sys
sys.path.insert(0, sys.argv[1])
from lessons import blobs
import vitrail
from vitrail.train.watch import Watch

folder, epochs = sys.argv[2], int(sys.argv[3])
keep = Watch._keep

def keeping(watch):
    keep(watch)
    if watch.state.epoch == epochs:
        os.kill(os.getpid(), signal.SIGKILL)

Watch._keep = keeping
vitrail.train("mlp-classifier", blobs(), folder=folder, name="run", hidden=[8], epochs=4, dropout=0.3, seed=5)
"""


def trained(folder, epochs):
    """The exit status of a process that is killed after so many epochs; 0 for none."""
    command = [sys.executable, "-c", TRAIN, str(TESTS), str(folder), str(epochs)]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path, epochs):
    assert trained(tmp_path / "whole", 0) == 0
    assert trained(tmp_path / "killed", epochs) == -9
    with pytest.raises(vitrail.VitrailError, match="is not finished"):
        vitrail.open(tmp_path / "killed" / "run")
    assert trained(tmp_path / "killed", 0) == 0
    whole, killed = (vitrail.Run(tmp_path / name / "run") for name in ("whole", "killed"))
    assert whole.history == killed.history
    assert whole.model.fingerprint.digest() == killed.model.fingerprint.digest()
    assert whole.about["evaluation"] == killed.about["evaluation"]
