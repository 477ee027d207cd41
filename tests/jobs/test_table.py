"""What the table promises, asked of SQLite and of PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from vitrail.errors import BadInput, BadSetting, NoSuchJob
from vitrail.jobs import Lease, table_at
from vitrail.jobs.question import canonical, job_id

LONG = 1_000_000.0  # seconds; no lease of this length runs out in a test
ASKED = {"verb": "explain", "model": "digits"}


def question(name: object) -> dict:
    return {"verb": "explain", "name": name}


def run_out(table, *leases: Lease) -> None:
    """The time of these leases is over."""
    for lease in leases:
        over = text("update vitrail_shards set until = 0 where serial = :s and number = :n")
        table._database.write(lambda c, lease=lease, over=over: c.execute(over, {"s": lease.serial, "n": lease.number}))


def taken_over(table) -> tuple[Lease, Lease]:
    """An old lease, and the one that another worker got when the old one had run out."""
    table.submit(ASKED, ["a", "b"])
    old = table.claim("slow", LONG)
    run_out(table, old)
    new = table.claim("quick", LONG)
    assert (old.number, old.attempt, new.number, new.attempt) == (0, 1, 0, 2)
    return old, new


def all_rows(table) -> list:
    both = "select * from vitrail_shards order by serial, number", "select * from vitrail_jobs order by serial"
    return [table._database.read(lambda c, each=each: c.execute(text(each)).all()) for each in both]


# -- submit ------------------------------------------------------------------------------------------------


def test_a_job_as_it_is_submitted(table):
    job = table.submit(ASKED, [{"rows": [0, 10]}, {"rows": [10, 20]}], priority=3)
    assert job.id == job_id(canonical(ASKED))
    assert (job.question, job.state, job.priority, job.shards) == (ASKED, "queued", 3, 2)
    assert (job.done, job.progress, job.error, job.result, job.finished) == (0, 0.0, None, None, None)
    assert job.created > 1.7e9
    assert table.job(job.id) == job
    assert table.manifest(job.id) == [({"rows": [0, 10]}, None), ({"rows": [10, 20]}, None)]


def test_the_same_question_is_the_same_job(table):
    job = table.submit({"verb": "x", "a": 1}, [1, 2])
    assert table.submit({"a": 1, "verb": "x"}, [3], priority=9) == job
    assert len(table.jobs()) == 1
    assert table.waiting() == 2


def test_many_who_ask_the_same_at_once_get_one_job(table):
    gate = threading.Barrier(32)

    def ask(_: int):
        gate.wait()
        return table.submit(ASKED, range(5))

    with ThreadPoolExecutor(32) as threads:
        jobs = list(threads.map(ask, range(32)))
    assert len({job.id for job in jobs}) == 1
    assert jobs[0] == jobs[-1]
    assert table.waiting() == 5


def test_what_is_no_job_is_refused(table):
    with pytest.raises(BadInput, match="is not a question"):
        table.submit({"model": "digits"}, [1])
    with pytest.raises(BadInput, match="is not plain JSON"):
        table.submit(ASKED, [object()])
    with pytest.raises(BadInput, match="no shards"):
        table.submit(ASKED, [])
    for priority in (1_000_001, -1_000_001, float("nan")):
        with pytest.raises(BadSetting, match="priority is"):
            table.submit(ASKED, [1], priority=priority)
    assert table.jobs() == []


@pytest.mark.parametrize("id", ["000" + "f" * 61, "000", "000\0", "000\ud800", "000' or 1=1", "000" + "F" * 61])
def test_what_is_not_there(table, id):
    for ask in (table.job, table.cancel, table.retry, table.forget, table.manifest, lambda id: table.changed(id, 0)):
        with pytest.raises(NoSuchJob, match="no job .000"):
            ask(id)
    with pytest.raises(NoSuchJob):
        table.jobs(before=id)


def test_text_of_any_alphabet_comes_back(table):
    asked = {"verb": "x", "text": "\0 \ud800 é 漢 '; drop table vitrail_jobs; --"}
    job = table.submit(asked, [asked])
    lease = table.claim("w'; --", LONG)
    assert (job.question, lease.question, lease.shard) == (asked, asked, asked)
    assert table.fail(lease, "network-failed", "it said 漢 ' --")
    assert table.job(job.id).error == {"code": "network-failed", "message": "it said 漢 ' --"}


# -- lists -------------------------------------------------------------------------------------------------


def test_the_newest_first_page_by_page(table):
    ids = [table.submit(question(i), [1]).id for i in range(5)]
    assert [job.id for job in table.jobs()] == ids[::-1]
    assert [job.id for job in table.jobs(limit=2)] == [ids[4], ids[3]]
    assert [job.id for job in table.jobs(limit=2, before=ids[3])] == [ids[2], ids[1]]
    assert table.jobs(before=ids[0]) == []


def test_jobs_of_one_state(table):
    ids = [table.submit(question(i), [1]).id for i in range(3)]
    table.cancel(ids[1])
    table.claim("w", LONG)
    assert [job.id for job in table.jobs(state="queued")] == [ids[2]]
    assert [job.id for job in table.jobs(state="running")] == [ids[0]]
    assert [job.id for job in table.jobs(state="cancelled")] == [ids[1]]
    for limit in (0, -1, 1001):
        with pytest.raises(BadSetting, match="limit is"):
            table.jobs(limit=limit)
    with pytest.raises(BadSetting, match="state is 'lost'. One of queued, running"):
        table.jobs(state="lost")


# -- claim -------------------------------------------------------------------------------------------------


def test_nothing_to_do(table):
    assert table.claim("w", LONG) is None
    assert table.waiting() == 0


def test_priority_then_age_then_number(table):
    for name, priority in (("old", 0), ("urgent", 5), ("new", 0), ("later", -1)):
        table.submit(question(name), ["a", "b"], priority)
    order = [(lease.question["name"], lease.number) for lease in iter(lambda: table.claim("w", LONG), None)]
    assert order == [(name, n) for name in ("urgent", "old", "new", "later") for n in (0, 1)]


def test_a_lease_says_what_to_do(table):
    job = table.submit(ASKED, ["first", "second"])
    assert table.claim("ada", LONG) == Lease(job.id, 1, 0, 2, 1, "ada", ASKED, "first", None)
    assert table.job(job.id).state == "running"
    assert table.waiting() == 1


def test_every_shard_goes_to_one_of_many_workers(table):
    table.submit(ASKED, range(40))
    gate = threading.Barrier(8)

    def work(name: int) -> list[int]:
        gate.wait()
        return [lease.number for lease in iter(lambda: table.claim(str(name), LONG), None)]

    with ThreadPoolExecutor(8) as threads:
        claimed = [number for numbers in threads.map(work, range(8)) for number in numbers]
    assert sorted(claimed) == list(range(40))


def test_a_lease_that_ran_out_goes_to_the_next(table):
    table.submit(ASKED, ["a"])
    first = table.claim("a", 0)
    second = table.claim("b", LONG)
    assert (second.number, second.attempt) == (first.number, 2)
    assert table.claim("c", LONG) is None


def test_a_lease_holds_as_long_as_it_is_renewed(table):
    table.submit(ASKED, ["a"])
    lease = table.claim("a", 0)
    assert table.renew(lease, LONG)
    assert table.claim("b", LONG) is None
    assert table.renew(lease, 0)
    assert table.claim("b", LONG) is not None


def test_the_resume_point_goes_to_the_next(table):
    table.submit(ASKED, ["a"])
    lease = table.claim("a", LONG)
    assert lease.resume is None
    table.renew(lease, LONG, resume={"row": 3})
    table.renew(lease, 0, progress=0.1)
    second = table.claim("b", LONG)
    assert second.resume == {"row": 3}
    table.release(second, resume={"row": 5})
    third = table.claim("c", LONG)
    table.release(third)
    assert third.resume == table.claim("d", LONG).resume == {"row": 5}


def test_a_resume_point_is_plain_json(table):
    table.submit(ASKED, ["a"])
    with pytest.raises(BadInput, match="is not plain JSON"):
        table.renew(table.claim("a", LONG), LONG, resume=object())


# -- fencing -----------------------------------------------------------------------------------------------


def test_whoever_was_taken_over_changes_nothing(table):
    old, new = taken_over(table)
    before = all_rows(table)
    assert not table.renew(old, LONG, progress=0.9, resume=1)
    assert not table.renew(old, LONG)
    assert not table.commit(old, "objects/old")
    assert not table.fail(old, "network-failed", "old")
    assert not table.fail(old, "network-failed", "old", again=True)
    assert not table.release(old, resume=2)
    assert all_rows(table) == before
    assert table.commit(new, "objects/new")
    assert not table.commit(old, "objects/old")
    assert table.manifest(new.job)[0] == ("a", "objects/new")


def test_a_lease_that_ran_out_still_holds_while_nobody_else_asked(table):
    table.submit(ASKED, ["a"])
    lease = table.claim("slow", 0)
    assert table.commit(lease, "objects/a")
    assert table.claim("b", LONG).gathers


def test_leases_of_a_job_that_was_forgotten_stay_void(table):
    """Its attempts begin again at one: only the serial tells the old lease from the new one."""
    table.submit(ASKED, ["a"])
    old = table.claim("slow", LONG)
    table.forget(old.job)
    table.submit(ASKED, ["a"])
    new = table.claim("quick", LONG)
    assert replace(new, serial=old.serial, worker=old.worker) == old
    assert not table.commit(old, "objects/old")
    assert table.renew(new, LONG)


def test_committing_twice_is_once(table):
    """Who did not hear the first answer says it again."""
    job = table.submit(ASKED, ["a", "b"])
    lease = table.claim("w", LONG)
    assert table.commit(lease, "objects/a")
    before = all_rows(table)
    assert table.commit(lease, "objects/a")
    assert all_rows(table) == before
    assert table.job(job.id).done == 1


# -- the end -----------------------------------------------------------------------------------------------


def finished(table, *names: str) -> None:
    """Workers do all there is to do."""
    for lease in iter(lambda: table.claim("w", LONG), None):
        assert table.commit(lease, f"objects/{'all' if lease.gathers else lease.number}")


def test_the_last_shard_is_followed_by_one_that_gathers(table):
    job = table.submit(ASKED, ["a", "b"])
    first, second = table.claim("w", LONG), table.claim("w", LONG)
    assert table.commit(second, "objects/1")
    assert table.claim("w", LONG) is None
    assert table.commit(first, "objects/0")
    assert table.waiting() == 1
    last = table.claim("w", LONG)
    assert (last.gathers, last.number, last.shard) == (True, 2, None)
    assert table.job(job.id).state == "running"
    assert table.job(job.id).result is None
    assert table.manifest(job.id) == [("a", "objects/0"), ("b", "objects/1")]
    assert table.commit(last, "objects/all")
    ended = table.job(job.id)
    assert (ended.state, ended.done, ended.progress, ended.result) == ("done", 2, 1.0, "objects/all")
    assert ended.finished >= ended.created
    assert table.claim("w", LONG) is None


def test_of_last_shards_that_end_together_one_makes_the_gathering(table):
    for turn in range(5):
        table.submit(question(turn), range(8))
        leases = [table.claim("w", LONG) for _ in range(8)]
        gate = threading.Barrier(8)

        def end(lease: Lease, gate=gate) -> bool:
            gate.wait()
            return table.commit(lease, f"objects/{lease.number}")

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(end, leases))
        assert table.job(leases[0].job).done == 8
        assert table.waiting() == 1
        assert table.commit(table.claim("w", LONG), "objects/all")
        assert table.waiting() == 0


def test_progress_counts_the_inside_of_running_shards(table):
    job = table.submit(ASKED, range(4))
    first, second = table.claim("a", LONG), table.claim("b", LONG)
    table.renew(first, LONG, progress=0.5)
    table.renew(second, LONG, progress=0.25)
    assert table.job(job.id).progress == 0.75 / 4
    table.commit(first, "objects/0")
    assert table.job(job.id).progress == 1.25 / 4
    table.renew(second, LONG, progress=7)
    assert table.job(job.id).progress == 2 / 4
    for low in (-1.0, float("nan")):
        table.renew(second, LONG, progress=low)
        assert table.job(job.id).progress == 1 / 4


# -- failures ----------------------------------------------------------------------------------------------


def test_a_shard_whose_workers_die_three_times_fails_its_job(table):
    job = table.submit(ASKED, ["good", "bad"])
    assert table.commit(table.claim("w", LONG), "objects/0")
    for name in ("a", "b", "c"):
        assert table.claim(name, 0).shard == "bad"
    assert table.claim("d", LONG) is None
    ended = table.job(job.id)
    assert (ended.state, ended.done, ended.error["code"]) == ("failed", 1, "worker-lost")
    assert ended.error["message"].startswith("shard 1 was tried 3 times, and its last worker, 'c', fell silent. ")
    assert ended.finished is not None


def test_attempts_are_a_setting(place):
    table = table_at(place, attempts=1)
    job = table.submit(ASKED, ["a"])
    table.claim("a", 0)
    assert table.claim("b", LONG) is None
    assert table.job(job.id).state == "failed"
    table.close()


def test_a_failure_fails_the_job_and_fences_the_others(table):
    job = table.submit(ASKED, ["a", "b", "c"])
    first, second = table.claim("a", LONG), table.claim("b", LONG)
    assert table.fail(first, "bad-input", "x" * 5000)
    ended = table.job(job.id)
    assert (ended.state, ended.error) == ("failed", {"code": "bad-input", "message": "x" * 4000})
    assert not table.renew(second, LONG)
    assert not table.commit(second, "objects/1")
    assert table.claim("c", LONG) is None
    assert table.waiting() == 0


def test_a_failure_that_may_pass_is_tried_again_three_times(table):
    job = table.submit(ASKED, ["a"])
    for attempt in (1, 2):
        lease = table.claim("w", LONG)
        assert lease.attempt == attempt
        assert table.fail(lease, "store-failed", "slow", again=True)
        assert table.job(job.id).error is None
    assert table.fail(table.claim("w", LONG), "store-failed", "slow", again=True)
    assert table.job(job.id).error == {"code": "store-failed", "message": "slow"}


def test_a_release_loses_no_attempt(table):
    table.submit(ASKED, ["a"])
    for attempt in range(1, 8):
        lease = table.claim("w", LONG)
        assert lease.attempt == attempt
        assert table.release(lease)
        assert not table.renew(lease, LONG)
        assert not table.release(lease)


# -- cancel, retry, forget ---------------------------------------------------------------------------------


def test_nobody_works_at_a_cancelled_job(table):
    job = table.submit(ASKED, ["a", "b"])
    lease = table.claim("w", LONG)
    ended = table.cancel(job.id)
    assert (ended.state, ended.finished is not None) == ("cancelled", True)
    assert not table.renew(lease, LONG)
    assert not table.renew(lease, LONG, progress=0.5)
    assert not table.commit(lease, "objects/0")
    assert not table.fail(lease, "bad-input", "no")
    assert not table.release(lease)
    assert table.claim("w", LONG) is None
    assert table.waiting() == 0
    assert table.cancel(job.id) == table.job(job.id) == ended


def test_what_is_done_stays_done(table):
    job = table.submit(ASKED, ["a"])
    finished(table)
    done = table.job(job.id)
    assert table.cancel(job.id) == table.retry(job.id) == table.submit(ASKED, ["b"]) == done


@pytest.mark.parametrize("how", ["fail", "cancel"])
def test_retry_keeps_what_is_finished(table, how):
    job = table.submit(ASKED, ["a", "b", "c"])
    first, second, third = (table.claim("w", LONG) for _ in range(3))
    table.commit(first, "objects/0")
    table.renew(second, LONG, resume="half")
    table.fail(third, "bad-input", "no") if how == "fail" else table.cancel(job.id)
    again = table.retry(job.id)
    assert (again.state, again.done, again.error, again.finished) == ("queued", 1, None, None)
    assert not table.commit(second, "objects/old")
    claimed = [table.claim("w", LONG) for _ in range(2)]
    assert [(lease.number, lease.attempt, lease.resume) for lease in claimed] == [(1, 2, "half"), (2, 2, None)]
    assert table.claim("w", LONG) is None
    assert all(table.commit(lease, f"objects/{lease.number}") for lease in claimed)
    finished(table)
    assert table.job(job.id).state == "done"
    assert [key for _, key in table.manifest(job.id)] == ["objects/0", "objects/1", "objects/2"]


def test_retry_gives_all_attempts_again(table):
    job = table.submit(ASKED, ["a"])
    for _ in range(2):
        for _ in range(3):
            assert table.claim("w", 0) is not None
        assert table.claim("w", 0) is None
        assert table.job(job.id).state == "failed"
        table.retry(job.id)


def test_a_gathering_that_failed_is_done_again_alone(table):
    job = table.submit(ASKED, ["a"])
    table.commit(table.claim("w", LONG), "objects/0")
    table.fail(table.claim("w", LONG), "disk-full", "no")
    table.retry(job.id)
    lease = table.claim("w", LONG)
    assert lease.gathers
    assert table.commit(lease, "objects/all")
    assert table.job(job.id).result == "objects/all"


def test_retry_of_an_open_job_takes_nothing_from_its_workers(table):
    job = table.submit(ASKED, ["a"])
    lease = table.claim("w", LONG)
    before = all_rows(table)
    assert table.retry(job.id).state == "running"
    assert all_rows(table) == before
    assert table.renew(lease, LONG)


def test_nothing_is_left_of_a_forgotten_job(table):
    job = table.submit(ASKED, ["a", "b"])
    other = table.submit(question("other"), ["a"])
    lease = table.claim("w", LONG)
    table.forget(job.id)
    assert table.jobs() == [table.job(other.id)]
    assert table.waiting() == 1
    assert not table.renew(lease, LONG)
    assert len(all_rows(table)[0]) == 1
    assert table.submit(ASKED, ["c"]).state == "queued"


# -- versions ----------------------------------------------------------------------------------------------


def test_every_change_is_a_new_version(table):
    job = table.submit(ASKED, ["a", "b"])
    seen = [job.version]

    def grew() -> bool:
        seen.append(table.job(job.id).version)
        return seen[-1] > seen[-2]

    lease = table.claim("w", LONG)
    assert grew()
    table.renew(lease, LONG, progress=0.5)
    assert grew()
    table.release(lease)
    assert grew()
    table.fail(table.claim("w", LONG), "store-failed", "slow", again=True)
    assert grew()
    table.claim("w", 0)
    table.claim("w", 0)
    assert grew()
    table.cancel(job.id)
    assert grew()
    table.retry(job.id)
    assert grew()
    finished(table)
    assert grew()


def test_changed_says_what_is_new(table):
    job = table.submit(ASKED, ["a"])
    assert table.changed(job.id, job.version) is None
    assert table.changed(job.id, 0) == job
    lease = table.claim("w", LONG)
    table.renew(lease, LONG)
    changed = table.changed(job.id, job.version)
    assert changed.state == "running"
    table.renew(lease, LONG)
    assert table.changed(job.id, changed.version) is None


def test_a_closed_table_opens_again(table):
    table.submit(ASKED, ["a"])
    table.close()
    assert len(table.jobs()) == 1
