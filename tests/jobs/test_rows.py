"""Records made of rows, by hand."""

from types import SimpleNamespace

import pytest

from vitrail.errors import NoSuchJob
from vitrail.jobs import Job, Lease
from vitrail.jobs.rows import job_of, known, lease_of, resumed, worker_lost

ROW = SimpleNamespace(
    id="a" * 64, serial=7, number=1, shards=4, attempt=2, lost=1, worker="ada", question='{"verb":"x"}', shard="[0,5]",
    resume='{"row":3}', state="running", priority=2, done=1, part=0.5, error=None, result=None, version=9, created=1.0,
    finished=None,
)  # fmt: skip


def with_(**news) -> SimpleNamespace:
    return SimpleNamespace(**(vars(ROW) | news))


def test_a_job():
    job = Job("a" * 64, {"verb": "x"}, "running", 2, 4, 1, 0.375, None, None, 9, 1.0, None)
    assert job_of(ROW) == job


def test_progress_never_says_more_than_all():
    assert job_of(with_(done=4, part=0.1)).progress == 1.0


def test_a_failed_job_says_why():
    assert job_of(with_(error='{"code":"bad-input","message":"m"}')).error == {"code": "bad-input", "message": "m"}


def test_a_lease_has_the_attempt_that_begins():
    assert lease_of(ROW, "eve") == Lease("a" * 64, 7, 1, 4, 3, "eve", {"verb": "x"}, [0, 5], {"row": 3})


def test_a_resume_point_that_is_not_said_stays():
    assert resumed(None) == {}
    assert resumed([1]) == {"resume": "[1]"}
    assert resumed(0) == {"resume": "0"}


def test_ids():
    assert known("0123456789abcdef" * 4) == "0123456789abcdef" * 4
    for id in ("", "a" * 63, "a" * 65, "A" * 64, "a" * 64 + "\n", "g" * 64):
        with pytest.raises(NoSuchJob, match="List those there are") as caught:
            known(id)
        assert caught.value.facts == {"id": id}


def test_a_lost_worker_is_told_in_three_sentences():
    told = worker_lost(ROW)
    assert told["code"] == "worker-lost"
    assert told["message"].startswith("shard 1 was tried 2 times, and its last worker, 'ada', fell silent. ")
    assert told["message"].count(". ") == 2
