"""Rows of the database as records, the conditions by which they are found, and what is said of those that are not."""

import json
import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal_column, select

from vitrail.errors import NoSuchJob, WorkerLost
from vitrail.jobs.database import JOBS, RUNS, SHARDS, STILL_OPEN
from vitrail.jobs.job import Job, Lease
from vitrail.jobs.question import canonical

THIS = SHARDS.c.serial == JOBS.c.serial
#: the plus keeps SQLite from going through all shards for their jobs: it goes through the open jobs, in their order
IN_ORDER = SHARDS.c.serial == literal_column("+vitrail_jobs.serial")
PART = (  # of the shards that run, without the one that gathers
    select(func.coalesce(func.sum(SHARDS.c.progress), 0.0))
    .where(THIS, RUNS, SHARDS.c.number < JOBS.c.shards)
    .scalar_subquery()
    .label("part")
)
SAME = "id state priority shards done result version created finished".split()  #: fields that are columns


def held(connection: Connection, lease: Lease) -> Row[Any] | None:
    """The row of a shard, locked, if this lease is the newest and its job is open."""
    mine = select(SHARDS).join(JOBS, THIS).where(*at(lease), SHARDS.c.attempt == lease.attempt)
    found = mine.where(RUNS, STILL_OPEN).with_for_update(of=SHARDS)
    return connection.execute(found).first()


def lock_all(connection: Connection, id: str) -> None:
    """All shards of a job, locked in their order: shards first and the job after them, so nobody waits in a ring."""
    shards = select(SHARDS.c.number).join(JOBS, THIS).where(JOBS.c.id == id).order_by(SHARDS.c.number)
    connection.execute(shards.with_for_update(of=SHARDS))


def open_shards(join: ColumnElement[bool]) -> Select[Any]:
    """The first shard of open jobs, of those that nobody else is about to take."""
    both = select(SHARDS, *JOBS.c["id", "question", "shards"]).select_from(JOBS).join(SHARDS, join)
    return both.where(STILL_OPEN).limit(1).with_for_update(of=SHARDS, skip_locked=True)


def at(shard: Any) -> tuple[Any, Any]:
    return SHARDS.c.serial == shard.serial, SHARDS.c.number == shard.number


def resumed(resume: Any) -> dict[str, str]:
    return {} if resume is None else {"resume": canonical(resume)}


def known(id: str) -> str:
    """The id. Raises NoSuchJob for what is none, before a database is asked that may not take such text."""
    if re.fullmatch("[0-9a-f]{64}", id):
        return id
    raise no_such(id)


def no_such(id: str) -> NoSuchJob:
    return NoSuchJob(f"no job {id[:80]!r}. The id of one that was submitted was expected. List those there are.", id=id)


def worker_lost(row: Row[Any]) -> dict[str, str]:
    """What is said of a shard whose workers die, one after the other."""
    message = (
        f"shard {row.number} was tried {row.lost + 1} times, and its last worker, {row.worker!r}, fell silent. "
        "A worker that commits, renews or fails was expected. Look at the input of this shard and at memory, and retry."
    )
    return {"code": WorkerLost.code, "message": message}


def lease_of(row: Row[Any], worker: str) -> Lease:
    question, shard, resume = (json.loads(text) for text in (row.question, row.shard, row.resume))
    return Lease(row.id, row.serial, row.number, row.shards, row.attempt + 1, worker, question, shard, resume)


def job_of(row: Row[Any]) -> Job:
    same = {name: getattr(row, name) for name in SAME}
    progress = min(1.0, (row.done + row.part) / row.shards)
    error = json.loads(row.error) if row.error else None
    return Job(**same, question=json.loads(row.question), progress=progress, error=error)
