"""What a table of jobs gives: a Job as it stands, and the Lease on one of its shards."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("queued", "running")  #: there is still something to do


@dataclass(frozen=True)
class Job:
    """A question asked of many examples, and how far it is; a frozen record of one moment.

    id          SHA-256 of the question's JSON, 64 hexadecimal digits: asking twice is one job
    question    plain JSON, with its "verb"
    state       "queued" until a worker takes a first shard, then "running", and in the end one of the other three
    priority    higher goes first
    shards      how many parts it is cut into; the gathering of their results, at the end, is not counted
    done        how many of them are finished
    progress    0 to 1: finished shards, and of those that run the part that their workers told
    error       {"code": ..., "message": ...} of a failed job
    result      the key under which the store has the answer of a finished job
    version     grows with every change; the id of a server-sent event
    created     seconds since 1970, by the clock of the database
    finished    the same, when it was done, failed or was cancelled
    """

    id: str
    question: dict[str, Any]
    state: State
    priority: int
    shards: int
    done: int
    progress: float
    error: dict[str, str] | None
    result: str | None
    version: int
    created: float
    finished: float | None


@dataclass(frozen=True)
class Lease:
    """The right of one worker to one shard, until its time runs out by the clock of the database.

    job         the id of the job
    serial      which submission of that job; a job that was forgotten and submitted again has another
    number      of the shard, from 0; the last one, equal to `shards`, gathers the results of the others
    shards      how many shards the job has, without the one that gathers
    attempt     the fencing token: only who holds the newest can renew, commit, fail or release
    worker      who holds it
    question    of the job
    shard       the description of this shard as it was submitted; None for the one that gathers
    resume      what an earlier worker left to go on from, or None
    """

    job: str
    serial: int
    number: int
    shards: int
    attempt: int
    worker: str
    question: dict[str, Any]
    shard: Any
    resume: Any

    @property
    def gathers(self) -> bool:
        """Whether all shards are finished, and this one makes the job's result out of theirs."""
        return self.number == self.shards
