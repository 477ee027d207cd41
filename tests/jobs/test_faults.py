"""Processes that race, processes that are killed, databases that go away: nothing is lost, nothing is done twice."""

import json
import multiprocessing
import os
import random
import sys
import threading
import time
from collections import Counter
from hashlib import sha256

import pytest
from sqlalchemy import text

import claiming
from vitrail.errors import StoreFailed
from vitrail.jobs import table_at

PATIENCE = 180.0  #: seconds until a test gives up; none waits that long
LEASE = 0.3  #: seconds; a worker that is killed holds its shard no longer


@pytest.fixture(scope="module")
def start():
    """Starts a function in a process of its own, forked from one that has imported what it needs."""
    patched = pytest.MonkeyPatch()
    patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # what is imported ahead is looked for there alone
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["claiming", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.pg8000"])
    started = []

    def start(function, *arguments):
        process = context.Process(target=function, args=arguments, daemon=True)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()
    patched.undo()


def until(condition, message: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.005)


def lines(path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_every_shard_goes_to_one_of_four_processes(place, tmp_path, start):
    table = table_at(place)
    table.submit({"verb": "x"}, range(60))
    table.close()
    workers = [start(claiming.only_claim, place, str(i), str(tmp_path / "log")) for i in range(4)]
    for each in workers:
        each.join(PATIENCE)
    claimed = lines(tmp_path / "log")
    assert len(claimed) == 4
    assert sorted(number for numbers in claimed for number in numbers) == list(range(60))


def ended_under_kills(place, tmp_path, start, rounds: int, shards: int = 12) -> None:
    """In every round a worker is killed at some point of a new job, and another one takes its place."""
    draw = random.Random(0)
    table, log = table_at(place, attempts=1_000_000), tmp_path / "log"
    names = iter(range(10**6))
    workers = [start(claiming.work, place, str(next(names)), LEASE, str(log)) for _ in range(3)]
    for turn in range(rounds):
        job = table.submit({"verb": "x", "turn": turn}, range(shards))
        point = draw.randrange(2, 4 * shards)  # a shard makes four versions: claim, renew, renew, commit
        until(lambda job=job, point=point: table.job(job.id).version >= point, "nobody works")
        victim = draw.randrange(3)
        workers[victim].kill()
        workers[victim].join()
        workers[victim] = start(claiming.work, place, str(next(names)), LEASE, str(log))
        until(lambda job=job: table.job(job.id).state not in ("queued", "running"), f"round {turn} does not end")
        ended = table.job(job.id)
        assert (ended.state, ended.done, ended.error) == ("done", shards, None)
        assert table.manifest(job.id) == [(i, f"shard-{i}") for i in range(shards)]
        assert ended.result == sha256(" ".join(f"shard-{i}" for i in range(shards)).encode()).hexdigest()
    for each in workers:
        each.kill()
        each.join()
    committed = Counter(map(tuple, lines(log)))
    assert max(committed.values()) == 1
    assert len(committed) >= rounds * (shards + 1) - rounds  # who is killed after a commit does not write it down
    table.close()


def test_killed_workers_lose_nothing_and_nothing_is_done_twice(place, tmp_path, start):
    ended_under_kills(place, tmp_path, start, 20)


@pytest.mark.slow
def test_killed_workers_for_long(place, tmp_path, start):
    ended_under_kills(place, tmp_path, start, 100)


def test_tables_are_made_by_many_at_once(place):
    """Threads and their own connections; whoever comes second finds the tables of the first."""
    gate, opened = threading.Barrier(8), []

    def open_it(name: int) -> None:
        gate.wait()
        table = table_at(place)
        table.submit({"verb": "x", "name": name}, [1])
        opened.append(table)

    threads = [threading.Thread(target=open_it, args=(i,)) for i in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(opened) == 8
    assert len(opened[0].jobs()) == 8
    for table in opened:
        table.close()


def test_opposite_orders_of_locks_end(place):
    """Who works locks the shard and then the job; who retries and forgets the other way round."""
    table = table_at(place)
    job = table.submit({"verb": "x"}, range(4))
    stop, mistakes = threading.Event(), []

    def worker() -> None:
        while not stop.is_set():
            lease = table.claim("w", 1e6)
            if lease is not None:
                table.renew(lease, 1e6, 0.5, resume=1)
                table.release(lease) if lease.attempt % 2 else table.commit(lease, "objects/x")

    def guarded() -> None:
        try:
            worker()
        except Exception as error:  # noqa: BLE001  told by the thread that looks
            mistakes.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(3)]
    for each in threads:
        each.start()
    for turn in range(60):
        table.cancel(job.id)
        table.retry(job.id)
        if turn % 5 == 0:
            table.forget(job.id)
            table.submit({"verb": "x"}, range(4))
    stop.set()
    for each in threads:
        each.join()
    assert mistakes == []
    table.close()


# -- the database goes away --------------------------------------------------------------------------------


@pytest.mark.xdist_group("postgresql")
def test_a_server_that_was_restarted_is_not_noticed(server, database):
    table = table_at(database)
    table.submit({"verb": "x"}, ["a", "b"])
    lease = table.claim("w", 1e6)
    server.stop()
    server.start()
    assert table.renew(lease, 1e6, progress=0.5)
    server.stop()
    server.start()
    assert table.job(lease.job).progress == 0.25
    assert table.commit(lease, "objects/0")
    table.close()


@pytest.mark.xdist_group("postgresql")
def test_a_server_that_is_gone_is_told_and_forgiven(server, database):
    table = table_at(database)
    table.submit({"verb": "x"}, ["a"])
    lease = table.claim("w", 1e6)
    server.stop()
    try:
        for ask in (lambda: table.commit(lease, "objects/0"), table.jobs, lambda: table_at(database)):
            with pytest.raises(StoreFailed, match="the database 'postgresql") as caught:
                ask()
            assert caught.value.facts["passing"]
            assert server.password not in str(caught.value)
    finally:
        server.start()
    assert table.commit(lease, "objects/0")
    table.close()


@pytest.mark.xdist_group("postgresql")
def test_a_connection_that_is_cut_in_the_middle_is_made_again(database):
    """The whole transaction is done again; what the first try wrote is not there."""
    table, tries = table_at(database), []

    def work(connection) -> int:
        tries.append(1)
        connection.execute(text("insert into vitrail_schema values (:n)"), {"n": 100 + len(tries)})
        if len(tries) == 1:
            connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        return len(tries)

    assert table._database.write(work) == 2
    kept = table._database.read(lambda c: c.execute(text("select version from vitrail_schema order by 1")).all())
    assert [version for (version,) in kept] == [1, 102]
    table.close()
