"""Work that outlives its process: a question cut into shards, in a table from which any number of workers take them."""

import os
from typing import TYPE_CHECKING

from vitrail.errors import MissingExtra
from vitrail.jobs.job import Job, Lease

if TYPE_CHECKING:
    from vitrail.jobs.table import Table


def table_at(place: str | os.PathLike[str], attempts: int = 3) -> "Table":
    """The lease table in a file (SQLite, for one machine), or at a URL such as "postgresql://user@host/name".

    attempts    how often a shard may fail or lose its worker before its job fails

    Raises BadSetting for a URL that is none, MissingExtra where a library is not installed, StoreFailed where the
    database does not answer or holds a table of another version.
    """
    try:
        from vitrail.jobs.table import Table  # its library is an extra, and takes a while to import
    except ModuleNotFoundError as error:
        raise MissingExtra("sqlalchemy", "serve", "a table of jobs") from error
    return Table(place, attempts)


__all__ = ["Job", "Lease", "table_at"]
