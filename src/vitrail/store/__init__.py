"""Places for bytes: put, get, list and delete under keys; in memory, in a folder, behind any URL that fsspec speaks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from vitrail.store.folder import Folder
from vitrail.store.memory import Memory
from vitrail.store.remote import Remote
from vitrail.store.retried import Retried

HOME = "~/.vitrail"  #: where everything is kept, unless somebody says otherwise


class Store(Protocol):
    """A place for bytes. Keys are paths of letters, digits and `._=+-`, such as "models/digits.json".

    put      True when the bytes were written, whole or not at all; with `once`, False when the key was taken, and
             nothing was written: of many that try at the same time, one wins
    get      the bytes; raises NoSuchKey
    list     keys that begin with a prefix, sorted
    delete   nothing happens where nothing is

    All of them raise StoreFailed when the place does not answer or does not allow it, DiskFull when it is full, and
    BadInput for a key that is none.
    """

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool: ...
    def get(self, key: str) -> bytes: ...
    def list(self, prefix: str = "") -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...


def store_at(place: str | os.PathLike[str] = HOME) -> Store:
    """The store at a folder or a URL such as "s3://bucket/folder"; "memory:" keeps everything until the process ends.

    Raises BadSetting for a URL that nothing here speaks, MissingExtra where its library is not installed.
    """
    text = os.fspath(place)
    if text == "memory:":
        return Memory()
    return Retried(Remote(text)) if "://" in text else Folder(Path(text).expanduser())


__all__ = ["HOME", "Folder", "Memory", "Remote", "Retried", "Store", "store_at"]
