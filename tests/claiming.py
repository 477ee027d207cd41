"""A worker for the tests of faults: it claims, renews, commits, and writes down what it committed, until killed."""

import json
import os
import time
from hashlib import sha256
from pathlib import Path

from vitrail.jobs import Lease, table_at
from vitrail.jobs.local import Local
from vitrail.jobs.table import Table
from vitrail.jobs.worker import Tell

LEASE = 1.0  #: seconds


def work(place: str, name: str, seconds: float, log: str) -> None:
    """Shards for ever; every commit that was accepted is one line of the log."""
    table = table_at(place, attempts=1_000_000)
    with open(log, "ab", buffering=0) as lines:  # noqa: PTH123  one write, one line, whoever writes beside
        while os.getppid() != 1:
            lease = table.claim(name, seconds)
            if lease is None:
                time.sleep(0.01)
                continue
            row = lease.resume or 0
            alive = all(table.renew(lease, seconds, i / 2, i) for i in range(row, 2))
            if alive and table.commit(lease, answer(table, lease)):
                lines.write(f"{json.dumps([lease.serial, lease.number])}\n".encode())


def answer(table: Table, lease: Lease) -> str:
    """The key of what a shard gives: always the same; gathered, the hash of all in their order."""
    if not lease.gathers:
        return f"shard-{lease.shard}"
    keys = [key for _, key in table.manifest(lease.job)]
    assert None not in keys
    return sha256(" ".join(keys).encode()).hexdigest()


def only_claim(place: str, name: str, log: str) -> None:
    """All there is to claim, for good."""
    table = table_at(place)
    claimed = [lease.number for lease in iter(lambda: table.claim(name, 1e6), None)]
    with open(log, "ab", buffering=0) as lines:  # noqa: PTH123
        lines.write(f"{json.dumps(claimed)}\n".encode())
    table.close()


class Patient:
    """Writes down who works at a shard, and waits there until it may go on."""

    def __init__(self, store: str) -> None:
        self.folder = Path(store).parent

    def shard(self, question: dict, shard: object, resume: object, tell: Tell) -> bytes:
        (self.folder / f"begun-{shard}-{os.getpid()}").touch()
        while not (self.folder / "go").exists():
            tell(0.5, os.getpid())
            time.sleep(0.01)
        return f"{shard}".encode()

    def gather(self, question: dict, answers: list[bytes], tell: Tell) -> bytes:
        return b" ".join(answers)


def start_local(place: str, store: str, log: str) -> None:
    """Local workers of a process that is going to be killed."""
    with Local(place, store, Patient, count=2, seconds=LEASE) as running:
        Path(log).write_text(json.dumps(running.pids))
        while True:
            time.sleep(60)
