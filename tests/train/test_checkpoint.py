"""Checkpoints: what was written comes back, whole or not at all."""

import numpy as np
import pytest

from vitrail.errors import CannotOpen, DiskFull
from vitrail.train import checkpoint

GROUPS = {"network": [np.arange(6.0).reshape(2, 3), np.float32(4.0)], "optimizer": [np.arange(3) for _ in range(12)]}
STATE = {"epoch": 3, "best": 0.5, "history": [{"loss": 1.0}]}


def test_what_was_written_comes_back(tmp_path):
    checkpoint.write(tmp_path / "last", GROUPS, STATE)
    groups, state = checkpoint.read(tmp_path / "last")
    assert state == STATE
    assert {name: len(some) for name, some in groups.items()} == {"network": 2, "optimizer": 12}
    for name, some in GROUPS.items():
        for one, other in zip(some, groups[name], strict=True):
            np.testing.assert_array_equal(one, other)
            assert np.shape(one) == np.shape(other)


def test_there_may_be_none(tmp_path):
    assert checkpoint.read(tmp_path / "last") is None


def test_what_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "last").write_bytes(b"nothing")
    with pytest.raises(CannotOpen, match="is no checkpoint"):
        checkpoint.read(tmp_path / "last")


def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch):
    checkpoint.write(tmp_path / "last", GROUPS, STATE)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_whole", full)
    with pytest.raises(DiskFull, match="No space left on device"):
        checkpoint.write(tmp_path / "last", GROUPS, STATE | {"epoch": 4})
    assert checkpoint.read(tmp_path / "last")[1]["epoch"] == 3
