"""The lease table: jobs, their shards, and who works at which until when.

A worker claims a shard for some seconds by the clock of the database, renews, and commits. A lease that ran out is
given to the next who asks, with a higher attempt; whoever holds an older one changes nothing any more.
"""

import json
import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from vitrail.errors import BadInput, BadSetting
from vitrail.jobs.database import JOBS, RUNS, SHARDS, STILL_OPEN, Database
from vitrail.jobs.job import STATES, Job, Lease
from vitrail.jobs.question import asked, canonical, job_id
from vitrail.jobs.rows import (
    IN_ORDER,
    PART,
    THIS,
    at,
    held,
    job_of,
    known,
    lease_of,
    lock_all,
    no_such,
    open_shards,
    resumed,
    worker_lost,
)

INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
MOST = 1000  #: jobs in one list
LONGEST = 4000  #: characters of a message that are kept


class Table:
    """Jobs in a database: a file (SQLite), a URL (PostgreSQL) or an engine of SQLAlchemy.

    Threads may share one; every process opens its own. Every method raises StoreFailed when the database does not
    answer, after it was asked twice, and DiskFull when it has no room.
    """

    def __init__(self, place: str | os.PathLike[str] | Engine, attempts: int = 3) -> None:
        self.attempts = attempts
        self._database = Database(place)
        self._now = self._database.now

    # -- for those who ask ---------------------------------------------------------------------------------

    def submit(self, question: dict[str, Any], shards: Sequence[Any], priority: int = 0) -> Job:
        """The job of a question, cut into shards that plain JSON describes; the same question again is the same job.

        A job that is there stays as it is: its shards, its priority, also its failure (then `retry` it). Raises
        BadInput for what is not plain JSON, or no shards; BadSetting for a priority beyond a million.
        """
        text, described = asked(question), [canonical(shard) for shard in shards]
        if not described:
            raise BadInput("a job has no shards. At least one was expected. Ask about at least one example.")
        if not abs(priority) <= 1_000_000:
            raise BadSetting(f"priority is {priority}. -1000000 to 1000000 was expected. Take a smaller one.")
        self._database.write(partial(self._submitted, text, described, int(priority)))
        return self.job(job_id(text))

    def _submitted(self, text: str, described: list[str], priority: int, connection: Connection) -> None:
        job = {"id": job_id(text), "question": text, "priority": priority, "shards": len(described)}
        new = INSERT[connection.dialect.name](JOBS).values(**job, created=self._now)
        serial = connection.scalar(new.on_conflict_do_nothing(index_elements=["id"]).returning(JOBS.c.serial))
        if serial is not None:
            rows = [{"serial": serial, "number": i, "shard": shard} for i, shard in enumerate(described)]
            connection.execute(insert(SHARDS).returning(SHARDS.c.number), rows)  # returning: a thousand at a time

    def job(self, id: str) -> Job:
        """The job as it stands. Raises NoSuchJob."""
        found = self._read(select(JOBS, PART).where(JOBS.c.id == known(id)))
        if not found:
            raise no_such(id)
        return job_of(found[0])

    def jobs(self, state: str | None = None, limit: int = 100, before: str | None = None) -> list[Job]:
        """The newest first, `limit` at most; those of one state; those older than the job `before`.

        Raises BadSetting for a state that is none, NoSuchJob where `before` is none.
        """
        if state is not None and state not in STATES:
            raise BadSetting(f"state is {state!r}. One of {', '.join(STATES)} was expected. Take one of these.")
        if not 1 <= limit <= MOST:
            raise BadSetting(f"limit is {limit}. 1 to {MOST} was expected. Take one of these, and ask page by page.")
        wanted = select(JOBS, PART).order_by(JOBS.c.serial.desc()).limit(limit)
        if state is not None:
            wanted = wanted.where(JOBS.c.state == state)
        if before is not None:
            self.job(before)
            wanted = wanted.where(JOBS.c.serial < select(JOBS.c.serial).where(JOBS.c.id == before).scalar_subquery())
        return [job_of(row) for row in self._read(wanted)]

    def changed(self, id: str, after: int) -> Job | None:
        """The job if it is not as it was in version `after`, else None. Raises NoSuchJob."""
        job = self.job(id)
        return job if job.version != after else None

    def manifest(self, id: str) -> list[tuple[Any, str | None]]:
        """Of every shard in order its description, and the key of its result once it has one. Raises NoSuchJob."""
        self.job(id)
        wanted = select(SHARDS.c.shard, SHARDS.c.result).join(JOBS, THIS)
        rows = self._read(wanted.where(JOBS.c.id == id, SHARDS.c.number < JOBS.c.shards).order_by(SHARDS.c.number))
        return [(json.loads(row.shard), row.result) for row in rows]

    def waiting(self) -> int:
        """How many shards of open jobs wait for a worker."""
        wanted = select(func.count()).select_from(JOBS).join(SHARDS, THIS)
        return int(self._read(wanted.where(STILL_OPEN, SHARDS.c.state == "queued"))[0][0])

    def cancel(self, id: str) -> Job:
        """The job, which nobody works at any more; one that has ended stays as it is. Raises NoSuchJob."""
        self._database.write(lambda c: self._turned(c, JOBS.c.id == known(id), state="cancelled", finished=self._now))
        return self.job(id)

    def retry(self, id: str) -> Job:
        """The job, with a failed or cancelled one in the queue again: finished shards stay. Raises NoSuchJob."""
        self._database.write(partial(self._retried, known(id)))
        return self.job(id)

    def _retried(self, id: str, connection: Connection) -> None:
        lock_all(connection, id)
        again = {"state": "queued", "error": None, "finished": None, "version": JOBS.c.version + 1}
        ended = JOBS.c.state.in_(["failed", "cancelled"])
        serial = connection.scalar(update(JOBS).where(JOBS.c.id == id, ended).values(again).returning(JOBS.c.serial))
        left = update(SHARDS).where(SHARDS.c.serial == serial, SHARDS.c.state != "done")
        connection.execute(left.values(state="queued", lost=0))

    def forget(self, id: str) -> None:
        """Nothing is left of the job, whatever its state; what is in the store stays. Raises NoSuchJob."""
        if not self._database.write(partial(self._forgotten, known(id))):
            raise no_such(id)

    def _forgotten(self, id: str, connection: Connection) -> bool:
        lock_all(connection, id)
        serial = connection.scalar(delete(JOBS).where(JOBS.c.id == id).returning(JOBS.c.serial))
        connection.execute(delete(SHARDS).where(SHARDS.c.serial == serial))
        return serial is not None

    # -- for workers ---------------------------------------------------------------------------------------

    def claim(self, worker: str, seconds: float) -> Lease | None:
        """A shard for `seconds`: of the highest priority, then of the oldest job, then the first; None without one."""
        lease, again = self._database.write(partial(self._claimed, worker, seconds))
        while again:
            lease, again = self._database.write(partial(self._claimed, worker, seconds))
        return lease

    def _claimed(self, worker: str, seconds: float, connection: Connection) -> tuple[Lease | None, bool]:
        """The lease, and whether to ask again: after putting away a lease that ran out, or losing a race."""
        late = open_shards(THIS).where(RUNS, SHARDS.c.until <= self._now).order_by(SHARDS.c.until)
        lost = connection.execute(late).first()
        if lost is not None:
            self._given_up(connection, lost, again=True, error=worker_lost(lost))
            return None, True
        order = JOBS.c.priority.desc(), JOBS.c.serial, SHARDS.c.number
        free = open_shards(IN_ORDER).where(SHARDS.c.state == "queued").order_by(*order)
        row = connection.execute(free).first()
        if row is None:
            return None, False
        if self._turned(connection, JOBS.c.serial == row.serial, state="running") is None:
            return None, True
        taken = {"state": "running", "attempt": row.attempt + 1, "worker": worker, "until": self._now + seconds}
        connection.execute(update(SHARDS).where(*at(row)).values(taken))
        return lease_of(row, worker), False

    def renew(self, lease: Lease, seconds: float, progress: float | None = None, resume: Any = None) -> bool:
        """Whether the lease holds, for `seconds` from now; False when it is another's, or the job has ended.

        progress    0 to 1, of this shard
        resume      plain JSON for whoever has to go on if this worker dies; None leaves what is there
        """
        kept: dict[str, Any] = {"until": self._now + seconds} | resumed(resume)
        if progress is not None:
            kept["progress"] = min(1.0, max(0.0, progress))
        return self._database.write(partial(self._kept, lease, kept))

    def _kept(self, lease: Lease, kept: dict[str, Any], connection: Connection) -> bool:
        if held(connection, lease) is None:
            return False
        if "progress" in kept and self._turned(connection, JOBS.c.serial == lease.serial) is None:
            return False
        connection.execute(update(SHARDS).where(*at(lease)).values(kept))
        return True

    def commit(self, lease: Lease, key: str) -> bool:
        """Whether the shard is finished by this lease, its result under a key of the store.

        After the last shard one more appears, which gathers; its result is that of the job. Saying it twice is well.
        """
        return self._database.write(partial(self._committed, lease, key))

    def _committed(self, lease: Lease, key: str, connection: Connection) -> bool:
        if held(connection, lease) is None:
            mine = select(SHARDS.c.number).where(*at(lease), SHARDS.c.attempt == lease.attempt)
            return connection.execute(mine.where(SHARDS.c.state == "done")).first() is not None
        ended = {"state": "done", "result": key, "finished": self._now}
        news = ended if lease.gathers else {"done": JOBS.c.done + 1}
        job = self._turned(connection, JOBS.c.serial == lease.serial, **news)
        if job is None:
            return False
        connection.execute(update(SHARDS).where(*at(lease)).values(state="done", result=key, progress=1.0))
        if job.done == job.shards and not lease.gathers:
            connection.execute(insert(SHARDS).values(serial=lease.serial, number=job.shards, shard="null"))
        return True

    def fail(self, lease: Lease, code: str, message: str, again: bool = False) -> bool:
        """Whether this lease held and its attempt counts as failed: so does the job, or with `again` the third time."""
        error = {"code": code, "message": message[:LONGEST]}

        def failed(connection: Connection) -> bool:
            row = held(connection, lease)
            return row is not None and self._given_up(connection, row, again, error)

        return self._database.write(failed)

    def _given_up(self, connection: Connection, row: Row[Any], again: bool, error: dict[str, str]) -> bool:
        """Back in the queue while attempts remain, or the whole job has failed; False where it ended before."""
        last = not again or row.lost + 1 >= self.attempts
        ended = {"state": "failed", "error": canonical(error), "finished": self._now}
        if self._turned(connection, JOBS.c.serial == row.serial, **(ended if last else {})) is None:
            return False
        connection.execute(update(SHARDS).where(*at(row)).values(state="queued", lost=row.lost + 1))
        return True

    def release(self, lease: Lease, resume: Any = None) -> bool:
        """Whether this lease held, and its shard is back in the queue without an attempt lost."""
        return self._database.write(partial(self._released, lease, {"state": "queued"} | resumed(resume)))

    def _released(self, lease: Lease, back: dict[str, Any], connection: Connection) -> bool:
        if held(connection, lease) is None or self._turned(connection, JOBS.c.serial == lease.serial) is None:
            return False
        connection.execute(update(SHARDS).where(*at(lease)).values(back))
        return True

    # -- both ----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Its connections; the table opens new ones when it is asked again."""
        self._database.engine.dispose()

    def _read(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        return self._database.read(lambda connection: connection.execute(wanted).all())

    def _turned(self, connection: Connection, which: Any, **news: Any) -> Row[Any] | None:
        """An open job in its next version; None where there is none. Locks its row to the end of the transaction."""
        changed = update(JOBS).where(which, STILL_OPEN).values(version=JOBS.c.version + 1, **news)
        return connection.execute(changed.returning(JOBS.c.done, JOBS.c.shards)).first()
