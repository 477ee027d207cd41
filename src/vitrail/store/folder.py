"""Bytes in files below a folder: written beside, then given their names."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrail.errors import AlreadyExists, DiskFull, StoreFailed
from vitrail.explanation import write_whole
from vitrail.store.keys import checked, checked_prefix, missing


class Folder:
    """A store on a disk, also one that several machines share; the key is the path.

    A file that is being written has a name that begins with a dot, which no key has: who reads sees the whole file or
    none, and what a killed process leaves behind is never listed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        path = self.root / checked(key)
        with told(self.root):
            try:
                write_whole(path, data, overwrite=not once)
            except AlreadyExists:
                return False
        return True

    def get(self, key: str) -> bytes:
        path = self.root / checked(key)
        with told(self.root):
            try:
                return path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise missing(key, self) from None

    def list(self, prefix: str = "") -> Iterator[str]:
        prefix = checked_prefix(prefix)
        above = self.root / prefix.rpartition("/")[0]
        with told(self.root):
            found = sorted(key for key in map(self._key, files(above)) if key.startswith(prefix))
        return iter(found)

    def delete(self, key: str) -> None:
        path = self.root / checked(key)
        with told(self.root):
            if path.is_file():
                path.unlink(missing_ok=True)

    def _key(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def __repr__(self) -> str:
        return f"the folder {str(self.root)!r}"


def files(folder: Path) -> Iterator[str]:
    """All files below, but those that are still being written; links are not followed."""
    for above, _, names in os.walk(folder):
        yield from (os.path.join(above, name) for name in names if not name.startswith("."))  # noqa: PTH118  hot


@contextmanager
def told(root: Path) -> Iterator[None]:
    """What the system says, in our words. Raises DiskFull or StoreFailed."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"there is no room left in {str(root)!r} ({error.strerror}). What was there before is whole. Make "
                "room, and do it again.",
                path=str(root),
            ) from error
        raise StoreFailed(
            f"the store in {str(root)!r} does not allow it ({error}). A folder that can be read and written was "
            "expected. Check its rights, or choose another with --store.",
            path=str(root),
            passing=False,
        ) from error
