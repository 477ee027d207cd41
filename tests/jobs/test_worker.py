"""A worker: what it commits, what it gives back, what it says of failures, and how its lease stays alive."""

import threading

import pytest

from vitrail.errors import BadInput, OutOfMemory, StoreFailed
from vitrail.jobs import table_at
from vitrail.jobs.worker import Gone, Worker
from vitrail.store import Memory
from vitrail.store.contents import kept

QUESTION = {"verb": "double"}


class Double:
    """Twice each number of a shard; gathered, all of them."""

    def __init__(self):
        self.seen = []

    def shard(self, question, shard, resume, tell):
        self.seen.append((shard, resume))
        tell(0.5, {"half": shard})
        return repr([2 * number for number in shard]).encode()

    def gather(self, question, answers, tell):
        return b"+".join(answers)


@pytest.fixture
def table(tmp_path):
    opened = table_at(tmp_path / "jobs.sqlite")
    yield opened
    opened.close()


def worker(table, work=None, **settings):
    return Worker(table, Memory(), work or Double(), "worker", **settings)


def all_done(each):
    while each.once():
        """Shard after shard."""


def test_a_job_from_question_to_answer(table):
    job, each = table.submit(QUESTION, [[1, 2], [3], [4, 5]]), worker(table)
    all_done(each)
    ended = table.job(job.id)
    assert (ended.state, ended.done, ended.progress) == ("done", 3, 1.0)
    assert kept(each.store, ended.result) == b"[2, 4]+[6]+[8, 10]"


def test_an_empty_queue(table):
    assert not worker(table).once()


def test_the_next_worker_goes_on_where_the_first_was(table):
    class Dies(Double):
        def shard(self, question, shard, resume, tell):
            super().shard(question, shard, resume, tell)
            raise KeyboardInterrupt  # nothing is committed, failed or given back, as by a kill

    table.submit(QUESTION, [[7]])
    with pytest.raises(KeyboardInterrupt):
        worker(table, Dies(), seconds=0.0).once()
    second = worker(table)
    all_done(second)
    assert second.work.seen == [([7], {"half": [7]})]


@pytest.mark.parametrize(
    ("error", "code", "attempts"),
    [
        (BadInput("x has no rows. Some were expected. Give some."), "bad-input", 1),
        (StoreFailed("503. It was expected to answer. Wait.", passing=True), "store-failed", 3),
        (OutOfMemory("not one example fits."), "out-of-memory", 3),
        (MemoryError(), "out-of-memory", 3),
        (ZeroDivisionError("division by zero"), "unexpected", 1),
    ],
)
def test_what_fails_says_why_and_what_may_pass_is_tried_again(table, error, code, attempts):
    class Fails(Double):
        def shard(self, *given):
            self.seen.append(given)
            raise error

    job, each = table.submit(QUESTION, [[1]]), worker(table, Fails())
    all_done(each)
    ended = table.job(job.id)
    assert (ended.state, ended.error["code"]) == ("failed", code)
    assert len(each.work.seen) == attempts
    assert str(error) in ended.error["message"]


def test_a_job_that_was_cancelled_meanwhile_is_let_go(table):
    class Cancelled(Double):
        def shard(self, question, shard, resume, tell):
            table.cancel(job.id)
            tell(0.1, None)
            raise AssertionError("it should have stopped")

    job = table.submit(QUESTION, [[1]])
    assert worker(table, Cancelled()).once()
    assert table.job(job.id).state == "cancelled"


def test_a_worker_that_is_told_to_stop_gives_its_shard_back(table):
    class Stopped(Double):
        def shard(self, question, shard, resume, tell):
            first.stop()
            return super().shard(question, shard, resume, tell)

    job = table.submit(QUESTION, [[7]])
    first = worker(table, Stopped())
    first.run()
    assert table.job(job.id).done == 0
    second = worker(table)
    all_done(second)
    assert second.work.seen == [([7], {"half": [7]})]
    assert table.job(job.id).state == "done"


def test_a_thawed_worker_changes_nothing(table):
    """Another claims while the first is frozen; the first one's answer comes too late."""

    class Frozen(Double):
        def shard(self, question, shard, resume, tell):
            assert second.once()
            return b"too late"

    job = table.submit(QUESTION, [[1]])
    second = worker(table)
    first = Worker(table, second.store, Frozen(), "frozen", seconds=0.0)
    first.once()
    all_done(second)
    assert kept(second.store, table.job(job.id).result) == b"[2]"


def test_a_lease_is_renewed_while_the_work_says_nothing(table):
    """The work waits until the lease was renewed twice by the thread beside it."""
    renewed, claimed = threading.Semaphore(0), table.renew

    def counted(*given):
        renewed.release()
        return claimed(*given)

    table.renew = counted

    class Silent(Double):
        def shard(self, question, shard, resume, tell):
            for _ in range(2):
                assert renewed.acquire(timeout=60)
            return b"done"

    job, each = table.submit(QUESTION, [[1]]), worker(table, Silent(), seconds=0.3)
    assert each.once()
    assert table.job(job.id).done == 1


def test_a_lease_that_is_lost_is_told(table):
    class Lost(Double):
        def shard(self, question, shard, resume, tell):
            table.forget(job.id)
            with pytest.raises(Gone):
                tell(0.5, None)
            raise Gone

    job = table.submit(QUESTION, [[1]])
    assert worker(table, Lost()).once()
    assert table.jobs() == []


def test_it_goes_on_after_the_database_was_away(table):
    """Claims fail twice, then the job is done; the last look at the empty queue stops the worker."""
    away, claim = [True, True], table.claim

    def claimed(*given):
        if away:
            away.pop()
            raise StoreFailed("away. Expected to answer. Wait.", passing=True)
        lease = claim(*given)
        if lease is None:
            each.stop()
        return lease

    table.claim = claimed
    job, each = table.submit(QUESTION, [[1]]), worker(table, pause=0.0)
    each.run()
    assert table.job(job.id).state == "done"
