"""Where a table may be, what it is made of, and what is said when that fails."""

import sqlite3
import sys
import time

import pytest
from sqlalchemy import create_engine, event, text

from vitrail.errors import BadSetting, DiskFull, MissingExtra, StoreFailed
from vitrail.jobs import database, table_at
from vitrail.jobs.database import Database, engine_at


@pytest.fixture
def opened(place):
    made = Database(place)
    yield made
    made.engine.dispose()


@pytest.fixture
def file(tmp_path):
    made = Database(tmp_path / "deep" / "er" / "jobs.sqlite")
    yield made
    made.engine.dispose()


def test_a_file_and_its_folders_are_made(file, tmp_path):
    assert (tmp_path / "deep" / "er" / "jobs.sqlite").exists()
    assert file.read(lambda c: c.scalar(text("pragma journal_mode"))) == "wal"


def test_the_home_of_a_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    table_at("~/jobs.sqlite").close()
    assert (tmp_path / "jobs.sqlite").exists()


def test_an_engine_of_sqlalchemy(tmp_path):
    made = Database(create_engine(f"sqlite:///{tmp_path / 'jobs.sqlite'}"))
    assert made.read(lambda c: c.scalar(text("select count(*) from vitrail_jobs"))) == 0
    made.engine.dispose()


@pytest.mark.parametrize(
    "place",
    ["ftp://host/jobs", "mysql://host/jobs", "sqlite://", "sqlite:///:memory:", "postgresql://host", "://", "redis://h:port/0"],
)  # fmt: skip
def test_places_that_are_none(place):
    with pytest.raises(BadSetting, match="no table of jobs is kept at"):
        engine_at(place)


def test_a_url_is_not_repeated_with_its_password(opened):
    with pytest.raises(BadSetting) as caught:
        engine_at("mysql://ada:secret@host/jobs")
    assert "secret" not in str(caught.value)
    assert repr(opened).startswith("the database '")
    assert (opened.engine.url.password or "none") not in repr(opened)


@pytest.mark.parametrize("library", ["pg8000", "sqlalchemy"])
def test_a_library_that_is_missing(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    if library == "sqlalchemy":
        monkeypatch.delitem(sys.modules, "vitrail.jobs.table", raising=False)
        monkeypatch.delitem(sys.modules, "vitrail.jobs.rows", raising=False)
        monkeypatch.delitem(sys.modules, "vitrail.jobs.database", raising=False)
    with pytest.raises(MissingExtra, match=f"needs {library}"):
        table_at("postgresql://ada@localhost/jobs")


def test_the_room_is_entered_without_the_library():
    import subprocess

    code = "import sys, vitrail.jobs; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_clock_is_that_of_the_database_and_tells_the_time(opened):
    """Both run on one machine here, so they agree; the transaction of a table does not stop its clock."""

    def twice(connection) -> tuple[float, float]:
        first = connection.scalar(text(f"select {opened.now}"))
        while (second := connection.scalar(text(f"select {opened.now}"))) == first:
            pass
        return first, second

    before = time.time()
    first, second = opened.read(twice)
    assert before - 1 <= first < second <= time.time() + 1


@pytest.mark.parametrize("version", [0, 2])
def test_tables_of_another_version_are_refused(opened, place, version):
    opened.write(lambda c: c.execute(text(f"update vitrail_schema set version = {version}")))
    with pytest.raises(StoreFailed, match=f"are written in version {version}. This Vitrail reads version 1") as caught:
        Database(place)
    assert not caught.value.facts["passing"]


def test_all_of_it_or_nothing(opened):
    def halfway(connection) -> None:
        connection.execute(text("insert into vitrail_schema values (7)"))
        raise KeyError

    with pytest.raises(KeyError):
        opened.write(halfway)
    assert opened.read(lambda c: c.execute(text("select version from vitrail_schema")).all()) == [(1,)]


# -- what fails --------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "jobs.sqlite").write_bytes(b"not a database at all, " * 100)
    with pytest.raises(StoreFailed, match="does not do it") as caught:
        Database(tmp_path / "jobs.sqlite")
    assert not caught.value.facts["passing"]


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreFailed) as caught:
        Database(tmp_path)
    assert not caught.value.facts["passing"]


def test_a_database_that_may_only_be_read(file):
    event.listen(file.engine, "connect", lambda connection, _: connection.execute("pragma query_only = 1"))
    file.engine.dispose()
    with pytest.raises(StoreFailed, match="readonly") as caught:
        file.write(lambda c: c.execute(text("delete from vitrail_jobs")))
    assert not caught.value.facts["passing"]
    assert file.read(lambda c: c.scalar(text("select version from vitrail_schema"))) == 1


def test_no_room_is_left(file):
    event.listen(file.engine, "connect", lambda connection, _: connection.execute("pragma max_page_count = 20"))
    file.engine.dispose()
    large = text("insert into vitrail_jobs (id, question, state, priority, shards, done, version, created) values "
                 "(:id, :q, 'queued', 0, 1, 0, 1, 0)")  # fmt: skip
    with pytest.raises(DiskFull, match="no room left in the database"):
        file.write(lambda c: c.execute(large, {"id": "a", "q": "x" * 200_000}))
    assert file.read(lambda c: c.scalar(text("select count(*) from vitrail_jobs"))) == 0


def test_another_writer_that_never_ends(tmp_path, monkeypatch):
    """Readers do not wait for it; a writer does, and says in the end that trying again may help."""
    monkeypatch.setattr(database, "PATIENCE", 0)
    file = Database(tmp_path / "jobs.sqlite")
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreFailed, match="locked") as caught:
        file.write(lambda c: c.execute(text("delete from vitrail_jobs")))
    assert caught.value.facts["passing"]
    assert file.read(lambda c: c.scalar(text("select version from vitrail_schema"))) == 1
    other.close()
    file.write(lambda c: c.execute(text("delete from vitrail_jobs")))
    file.engine.dispose()


@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize("wrong", ["password", "name"])
def test_a_server_that_does_not_know_us(server, wrong):
    url = server.url("nowhere") if wrong == "name" else server.url().replace(server.password, "guessed")
    with pytest.raises(StoreFailed, match="does not do it") as caught:
        Database(url)
    assert not caught.value.facts["passing"]
    assert "guessed" not in str(caught.value)


# -- plans -------------------------------------------------------------------------------------------------


def test_a_claim_looks_at_no_shard_of_a_job_that_has_ended(file):
    """SQLite tells how it goes about it: through open jobs in their order, never through all shards."""
    from vitrail.jobs.table import Table

    table, asked = Table(file.engine), []
    table.submit({"verb": "x"}, [1])
    event.listen(file.engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    table.claim("w", 1.0)
    claims = [each for each in asked if each[0].lstrip().startswith("SELECT")]
    assert len(claims) == 2
    for statement, values in claims:
        plan = file.read(lambda c, s=statement, v=values: c.exec_driver_sql(f"explain query plan {s}", v).all())
        steps = " / ".join(row[-1] for row in plan)
        assert "vitrail_open" in steps or "vitrail_until" in steps, steps
        assert "SCAN vitrail_shards" not in steps, steps
        assert "TEMP B-TREE" not in steps, steps
