"""The database beneath the table: where it is, its tables, its clock, its transactions, and its failures in our words.

Two systems are spoken. SQLite, a file of one machine, has one writer at a time: a transaction that writes says so when
it begins. PostgreSQL has many: who takes a shard locks its row, and passes over the rows that others have locked.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    literal_column,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from vitrail.errors import BadSetting, DiskFull, MissingExtra, StoreFailed
from vitrail.jobs.job import OPEN

Result = TypeVar("Result")

VERSION = 1  #: of the tables below
PATIENCE = 30  #: seconds to wait for another writer (SQLite), or for an answer (PostgreSQL)
LOCK = 0x76697472  #: "vitr": of processes that make the tables at the same time, one goes first
#: seconds since 1970 by the database's own clock, the same all through a statement
CLOCKS = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "(extract(epoch from statement_timestamp())::float8)",
}
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+pg8000", "postgres": "postgresql+pg8000"}

TABLES = MetaData()
JOBS = Table(
    "vitrail_jobs",
    TABLES,
    Column("serial", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("question", Text, nullable=False),
    Column("state", String(9), nullable=False, default="queued"),
    Column("priority", Integer, nullable=False),
    Column("shards", Integer, nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("result", Text),
    Column("version", Integer, nullable=False, default=1),
    Column("created", Float(53), nullable=False),
    Column("finished", Float(53)),
    sqlite_autoincrement=True,  # a serial is never given twice: leases of a job that was forgotten stay void
)
#: written out, not handed over beside the statement: so the planner sees that the index below has the rows it wants
STILL_OPEN = JOBS.c.state.in_([literal_column(f"'{state}'") for state in OPEN])
SHARDS = Table(
    "vitrail_shards",
    TABLES,
    Column("serial", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("shard", Text, nullable=False),
    Column("state", String(7), nullable=False, default="queued"),  # queued, running, done
    Column("attempt", Integer, nullable=False, default=0),
    Column("lost", Integer, nullable=False, default=0),  # attempts that failed, or whose worker fell silent
    Column("worker", Text),
    Column("until", Float(53)),
    Column("progress", Float(53), nullable=False, default=0.0),
    Column("resume", Text, nullable=False, default="null"),
    Column("result", Text),
)
SCHEMA = Table("vitrail_schema", TABLES, Column("version", Integer, primary_key=True))
RUNS = SHARDS.c.state == literal_column("'running'")
Index("vitrail_open", JOBS.c.priority.desc(), JOBS.c.serial, sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN)
Index("vitrail_order", SHARDS.c.serial, SHARDS.c.state, SHARDS.c.number)
Index("vitrail_until", SHARDS.c.until, sqlite_where=RUNS, postgresql_where=RUNS)


class Database:
    """A database with the tables of jobs, made where they are missing; may be shared by threads, not by processes."""

    def __init__(self, place: str | os.PathLike[str] | Engine) -> None:
        self.engine = place if isinstance(place, Engine) else engine_at(place)
        self.now = literal_column(CLOCKS[self.engine.dialect.name], Float(53))
        event.listen(self.engine, "handle_error", note_lost_connection)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", open_sqlite)
            event.listen(self.engine, "begin", begin_sqlite)
        try:
            self._check(self.write(self._made))
        except StoreFailed:
            self.engine.dispose()
            raise

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What work gives, in one transaction: all of it happens or nothing. Raises StoreFailed or DiskFull."""
        return self._tried(work, reads=False)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """The same for work that changes nothing, and so needs to wait for nobody."""
        return self._tried(work, reads=True)

    def _tried(self, work: Callable[[Connection], Result], reads: bool) -> Result:
        """Once more on a new connection when the first try fails: the server may only have been restarted."""
        try:
            return self._done(work, reads)
        except (DBAPIError, NoConnection) as error:
            if not may_pass(error):
                raise self._told(error) from error
        try:
            return self._done(work, reads)
        except SQLAlchemyError as error:
            raise self._told(error) from error

    def _done(self, work: Callable[[Connection], Result], reads: bool) -> Result:
        with self.engine.connect() as plain:
            connection = plain.execution_options(reads=reads)
            with connection.begin():
                return work(connection)

    def _made(self, connection: Connection) -> int:
        """The version of the tables, which are made where there are none."""
        if self.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
        TABLES.create_all(connection)
        found = connection.scalar(select(SCHEMA.c.version))
        if found is None:
            connection.execute(insert(SCHEMA).values(version=VERSION))
        return VERSION if found is None else int(found)

    def _check(self, version: int) -> None:
        if version != VERSION:
            raise StoreFailed(
                f"the jobs in {self} are written in version {version}. This Vitrail reads version {VERSION}. Use the "
                "Vitrail that wrote them, or another database.",
                passing=False,
            )

    def _told(self, error: SQLAlchemyError) -> Exception:
        """What a driver says, in our words."""
        said = str(getattr(error, "orig", None) or error)[:300]
        if reason(error).startswith(("SQLITE_FULL", "53100")):
            return DiskFull(f"there is no room left in {self} ({said}). What was there is whole. Make room first.")
        return StoreFailed(
            f"{self} does not do it ({said}). A database that answers, and may be read and written, was expected. "
            "Check that it runs, its address and its rights.",
            passing=may_pass(error),
        )

    def __repr__(self) -> str:
        return f"the database {self.engine.url.render_as_string()!r}"  # its password is not shown


def engine_at(place: str | os.PathLike[str]) -> Engine:
    """The engine of a file or a URL. Raises BadSetting for what is neither, MissingExtra without the driver."""
    text = os.fspath(place)
    if "://" not in text:
        path = Path(text).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"sqlite:///{path}"
    try:
        url = make_url(text)
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        patience = {"timeout": PATIENCE}
        if url.get_backend_name() not in CLOCKS or (url.database or ":memory:") == ":memory:":
            raise ArgumentError
        return create_engine(url, connect_args=patience, pool_pre_ping=True, max_overflow=-1)
    except ModuleNotFoundError as error:
        raise MissingExtra("pg8000", "postgres", "a table of jobs in PostgreSQL") from error
    except (SQLAlchemyError, ValueError) as error:
        scheme = text.partition("://")[0]
        raise BadSetting(
            f"no table of jobs is kept at a place of the kind {scheme!r}. A file, or a URL that names a database, such "
            "as postgresql://user@host/name, was expected. Check it."
        ) from error


def open_sqlite(connection: Any, _: object) -> None:
    """Transactions begin where this file says, not where the driver thinks; readers do not wait for writers."""
    connection.isolation_level = None
    connection.execute("pragma journal_mode = wal")


def begin_sqlite(connection: Connection) -> None:
    """A transaction that writes waits for its turn now: one that began by reading could not be let through later."""
    connection.exec_driver_sql("begin" if connection.get_execution_options().get("reads") else "begin immediate")


def note_lost_connection(context: Any) -> None:
    """What PostgreSQL says when it is stopped; its driver does not count it as the end of the connection."""
    if reason_of(context.original_exception).startswith("57P"):
        context.is_disconnect = True


def reason(error: SQLAlchemyError) -> str:
    return reason_of(getattr(error, "orig", None))


def reason_of(error: object) -> str:
    """The code of a failure: SQLite's name for it, or the five letters of PostgreSQL; empty where there is none."""
    told = getattr(error, "args", ())
    if told and isinstance(told[0], dict):
        return str(told[0].get("C", ""))
    return str(getattr(error, "sqlite_errorname", ""))


#: what no second try mends: no such file or database, wrong password, no rights, broken, no such column
FOR_GOOD = tuple(
    "SQLITE_READONLY SQLITE_CANTOPEN SQLITE_CORRUPT SQLITE_NOTADB SQLITE_FULL SQLITE_ERROR 28 3D 42 53100".split()
)


def may_pass(error: SQLAlchemyError) -> bool:
    return not reason(error).startswith(FOR_GOOD)
