"""The two records."""

import dataclasses

import pytest

from vitrail.jobs.job import OPEN, STATES, Job, Lease

LEASE = Lease("id", 1, 2, 3, 1, "ada", {"verb": "x"}, None, None)


def test_the_states():
    assert STATES == ("queued", "running", "done", "failed", "cancelled")
    assert set(OPEN) < set(STATES)


def test_the_shard_after_the_last_gathers():
    assert [dataclasses.replace(LEASE, number=n).gathers for n in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("kind", [Job, Lease])
def test_the_records_are_frozen_and_say_what_is_in_them(kind):
    described = {line.split()[0] for line in kind.__doc__.splitlines() if line.startswith("    ") and line[4:5].strip()}
    assert {field.name for field in dataclasses.fields(kind)} <= described
    with pytest.raises(dataclasses.FrozenInstanceError):
        LEASE.worker = "eve"
