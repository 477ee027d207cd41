"""Workers in processes: they are replaced when they die, and end with whoever started them."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

import claiming
from vitrail.jobs import table_at
from vitrail.jobs.local import Local
from vitrail.store import store_at
from vitrail.store.contents import kept

PATIENCE = 180.0  #: seconds until a test gives up; none waits that long


def until(condition, message):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, message
        time.sleep(0.02)
    return found


@pytest.fixture
def table(tmp_path):
    opened = table_at(tmp_path / "jobs.sqlite")
    yield opened
    opened.close()


def local(folder: Path, **settings) -> Local:
    return Local(
        str(folder / "jobs.sqlite"), str(folder / "store"), claiming.Patient, seconds=claiming.LEASE, **settings
    )


def begun(folder: Path) -> dict[str, int]:
    """Shard -> the process that began it last."""
    found = sorted(folder.glob("begun-*"), key=lambda path: path.stat().st_mtime_ns)
    return {path.name.split("-")[1]: int(path.name.split("-")[2]) for path in found}


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_workers_are_replaced_and_nothing_is_lost(table, tmp_path):
    job = table.submit({"verb": "wait"}, list(range(4)))
    with local(tmp_path) as running:
        first = running.pids
        until(lambda: len(begun(tmp_path)) == 2, "no worker began")
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(first) & set(running.pids) and len(running.pids) == 2, "they were not replaced")
        (tmp_path / "go").touch()
        until(lambda: table.job(job.id).state not in ("queued", "running"), "the job never ended")
        again = running.pids
    ended = table.job(job.id)
    assert ended.state == "done"
    assert kept(store_at(tmp_path / "store"), ended.result) == b"0 1 2 3"
    assert not any(map(alive, again))


def test_at_the_end_a_shard_goes_back_into_the_queue(table, tmp_path):
    job = table.submit({"verb": "wait"}, [0])
    with local(tmp_path, count=1):
        until(lambda: begun(tmp_path), "no worker began")
    assert table.waiting() == 1
    assert table.job(job.id).state == "running"
    lease = table.claim("next", 60)
    assert lease.resume == begun(tmp_path)["0"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
def test_workers_end_when_their_parent_is_killed(table, tmp_path):
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "pids"
    parent = context.Process(
        target=claiming.start_local, args=(str(tmp_path / "jobs.sqlite"), str(tmp_path / "store"), str(log))
    )
    table.submit({"verb": "wait"}, [0, 1])
    parent.start()
    until(lambda: len(begun(tmp_path)) == 2, "no worker began")
    pids = json.loads(log.read_text())
    assert all(map(alive, pids))
    parent.kill()
    parent.join()
    until(lambda: not any(map(alive, pids)), "workers outlive their parent")
    assert table.waiting() == 2
