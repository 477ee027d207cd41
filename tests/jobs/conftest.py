"""The two databases that every test of the table is asked of: a file of SQLite, and a real PostgreSQL."""

import itertools

import pytest

import postgres
from vitrail.jobs import table_at

COUNT = itertools.count()
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql")))


@pytest.fixture(scope="session")
def server():
    """A running PostgreSQL."""
    if postgres.programs() is None:
        pytest.skip(postgres.MISSING)
    pytest.importorskip("pg8000", reason="pg8000 is not installed; it comes with the extra `postgres`")
    with postgres.postgres() as running:
        yield running


@pytest.fixture
def database(server):
    """The URL of an empty database on that server."""
    return created(server)


def created(server) -> str:
    from sqlalchemy import create_engine

    name = f"test_{next(COUNT)}"
    engine = create_engine(server.url().replace("postgresql", "postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return server.url(name)


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    """Where an empty table can be made, in each kind of database."""
    return str(tmp_path / "jobs.sqlite") if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def table(place):
    opened = table_at(place)
    yield opened
    opened.close()
