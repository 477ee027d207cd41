"""The table against a slow twin: lists and dictionaries, one thing at a time, drawn by hypothesis."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from vitrail.jobs import Job, Lease, table_at
from vitrail.jobs.table import Table

LONG = 1_000_000.0
ATTEMPTS = 2
OPEN = ("queued", "running")


@dataclass
class Part:
    """A shard of the twin."""

    state: str = "queued"
    attempt: int = 0
    lost: int = 0
    ran_out: int | None = None  # the order in which leases ran out
    progress: float = 0.0
    resume: Any = None
    result: str | None = None
    worker: str = ""


@dataclass
class Asked:
    """A job of the twin."""

    name: str
    priority: int
    shards: int
    parts: list[Part]
    state: str = "queued"
    code: str | None = None
    result: str | None = None

    @property
    def done(self) -> int:
        return sum(part.state == "done" for part in self.parts[: self.shards])

    @property
    def progress(self) -> float:
        running = sum(part.progress for part in self.parts[: self.shards] if part.state == "running")
        return (self.done + running) / self.shards


@dataclass
class Twin:
    """Jobs in the order of their submission."""

    jobs: list[Asked] = field(default_factory=list)

    def named(self, name: str) -> Asked | None:
        return next((job for job in self.jobs if job.name == name), None)

    def submit(self, name: str, shards: int, priority: int) -> None:
        if self.named(name) is None:
            self.jobs.append(Asked(name, priority, shards, [Part() for _ in range(shards)]))

    def give_up(self, job: Asked, part: Part, again: bool, code: str) -> None:
        part.state, part.ran_out, part.lost = "queued", None, part.lost + 1
        if not again or part.lost >= ATTEMPTS:
            job.state, job.code = "failed", code

    def claim(self, worker: str) -> tuple[Asked, int] | None:
        late = [(part.ran_out, job, part) for job in self.jobs for part in job.parts if part.ran_out is not None]
        for _, job, part in sorted(late, key=lambda each: each[0]):
            if job.state in OPEN:
                self.give_up(job, part, True, "worker-lost")
        free = [
            (-job.priority, place, number)
            for place, job in enumerate(self.jobs)
            for number, part in enumerate(job.parts)
            if job.state in OPEN and part.state == "queued"
        ]
        if not free:
            return None
        _, place, number = min(free)
        job, part = self.jobs[place], self.jobs[place].parts[number]
        job.state, part.state, part.worker, part.attempt = "running", "running", worker, part.attempt + 1
        return job, number

    def retry(self, job: Asked) -> None:
        if job.state in ("failed", "cancelled"):
            job.state, job.code = "queued", None
            for part in job.parts:
                if part.state != "done":
                    part.state, part.lost, part.ran_out = "queued", 0, None


@dataclass
class Held:
    """A lease, and what it is a lease on in the twin."""

    lease: Lease
    job: Asked
    part: Part
    attempt: int

    def holds(self, twin: Twin) -> bool:
        there = any(job is self.job for job in twin.jobs) and self.job.state in OPEN
        return there and self.part.state == "running" and self.part.attempt == self.attempt


class Machine(RuleBasedStateMachine):
    """Every rule does the same to the table and to the twin."""

    table: Table
    names = st.sampled_from("abc")
    which = st.integers(0, 11)

    def __init__(self) -> None:
        super().__init__()
        for name in ("vitrail_jobs", "vitrail_shards"):
            self.execute(f"delete from {name}")
        self.twin = Twin()
        self.leases: list[Held] = []
        self.seen: dict[int, tuple[Job, Asked]] = {}
        self.time = 0

    def execute(self, statement: str, **values: Any) -> None:
        self.table._database.write(lambda c: c.execute(text(statement), values))

    def id_of(self, name: str) -> str:
        found = [job.id for job in self.table.jobs() if job.question["name"] == name]
        assume(found)
        return found[0]

    def lease(self, which: int) -> Held:
        return self.leases[-1 - which % len(self.leases)]

    @rule(name=names, shards=st.integers(1, 3), priority=st.integers(0, 1))
    def submit(self, name, shards, priority):
        self.table.submit({"verb": "x", "name": name}, range(shards), priority)
        self.twin.submit(name, shards, priority)

    @rule(worker=st.sampled_from("uvw"))
    def claim(self, worker):
        lease, twin = self.table.claim(worker, LONG), self.twin.claim(worker)
        assert (lease is None) == (twin is None)
        if twin is None:
            return
        job, number = twin
        part = job.parts[number]
        assert (lease.question["name"], lease.number, lease.shards) == (job.name, number, job.shards)
        assert (lease.attempt, lease.resume, lease.worker) == (part.attempt, part.resume, worker)
        assert (lease.gathers, lease.shard) == ((True, None) if number == job.shards else (False, number))
        self.leases.append(Held(lease, job, part, part.attempt))

    @precondition(lambda self: self.leases)
    @rule(which=which)
    def runs_out(self, which):
        held = self.lease(which)
        assume(held.holds(self.twin))
        held.part.ran_out = self.time = self.time + 1
        at = {"t": self.time, "s": held.lease.serial, "n": held.lease.number}
        self.execute("update vitrail_shards set until = :t where serial = :s and number = :n", **at)

    @precondition(lambda self: self.leases)
    @rule(which=which, progress=st.sampled_from([None, 0.25, 0.5]), resume=st.sampled_from([None, 1, {"row": 2}]))
    def renew(self, which, progress, resume):
        held = self.lease(which)
        holds = held.holds(self.twin)
        assert self.table.renew(held.lease, LONG, progress, resume) == holds
        if holds:
            held.part.ran_out = None
            held.part.progress = held.part.progress if progress is None else progress
            held.part.resume = held.part.resume if resume is None else resume

    @precondition(lambda self: self.leases)
    @rule(which=which)
    def commit(self, which):
        held = self.lease(which)
        holds, key = held.holds(self.twin), f"objects/{len(self.leases)}"
        there = any(job is held.job for job in self.twin.jobs)
        mine = there and held.part.state == "done" and held.part.attempt == held.attempt
        assert self.table.commit(held.lease, key) == (holds or mine)
        if holds:
            held.part.state, held.part.result, held.part.ran_out = "done", key, None
            if held.lease.gathers:
                held.job.state, held.job.result = "done", key
            elif held.job.done == held.job.shards:
                held.job.parts.append(Part())

    @precondition(lambda self: self.leases)
    @rule(which=which, again=st.booleans())
    def fail(self, which, again):
        held = self.lease(which)
        holds = held.holds(self.twin)
        assert self.table.fail(held.lease, "bad-input", "no", again) == holds
        if holds:
            self.twin.give_up(held.job, held.part, again, "bad-input")

    @precondition(lambda self: self.leases)
    @rule(which=which, resume=st.sampled_from([None, 3]))
    def release(self, which, resume):
        held = self.lease(which)
        holds = held.holds(self.twin)
        assert self.table.release(held.lease, resume) == holds
        if holds:
            held.part.state, held.part.ran_out = "queued", None
            held.part.resume = held.part.resume if resume is None else resume

    @rule(name=names)
    def cancel(self, name):
        self.table.cancel(self.id_of(name))
        job = self.twin.named(name)
        job.state = "cancelled" if job.state in OPEN else job.state

    @rule(name=names)
    def retry(self, name):
        self.table.retry(self.id_of(name))
        self.twin.retry(self.twin.named(name))

    @rule(name=names)
    def forget(self, name):
        self.table.forget(self.id_of(name))
        self.twin.jobs.remove(self.twin.named(name))

    @invariant()
    def the_same_is_seen(self):
        jobs = self.table.jobs()[::-1]
        assert len(jobs) == len(self.twin.jobs)
        for job, twin in zip(jobs, self.twin.jobs, strict=True):
            assert (job.question["name"], job.priority, job.shards) == (twin.name, twin.priority, twin.shards)
            assert (job.state, job.done, job.progress, job.result) == (
                twin.state,
                twin.done,
                twin.progress,
                twin.result,
            )
            assert (job.error or {}).get("code") == twin.code
            assert (job.finished is not None) == (job.state not in OPEN)
            results = [part.result for part in twin.parts[: twin.shards]]
            assert self.table.manifest(job.id) == list(zip(range(job.shards), results, strict=True))
        waiting = [part for job in self.twin.jobs if job.state in OPEN for part in job.parts if part.state == "queued"]
        assert self.table.waiting() == len(waiting)

    @invariant()
    def versions_grow_with_what_is_seen(self):
        for job, twin in zip(self.table.jobs()[::-1], self.twin.jobs, strict=True):
            before, whose = self.seen.get(id(twin), (None, None))
            if whose is twin:
                assert job.version > before.version or job == before
            self.seen[id(twin)] = (job, twin)


def examined(place: str, examples: int) -> None:
    table = table_at(place, attempts=ATTEMPTS)
    machine = type("Placed", (Machine,), {"table": table})
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    rules = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=quiet
    )
    run_state_machine_as_test(machine, settings=rules)
    table.close()


def test_the_table_does_what_its_twin_does(place):
    examined(place, 20)


@pytest.mark.slow
def test_the_table_does_what_its_twin_does_for_long(place):
    examined(place, 300)
