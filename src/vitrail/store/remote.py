"""Bytes behind a URL that fsspec speaks, such as s3://bucket/folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec

from vitrail.errors import BadSetting, DiskFull, MissingExtra, StoreFailed, VitrailError
from vitrail.store.keys import checked, checked_prefix, missing

#: for these, "written only if it is not there" is one request that the server decides; elsewhere it is two
CONDITIONAL = frozenset({"s3", "s3a"})
#: what no second try mends: rights, credentials, a bucket that is not there
FOR_GOOD = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError)


class Remote:
    """A store at a URL. Credentials come from where its library looks for them, never out of the URL.

    With S3, `once` is a conditional request: of many writers one wins. Where a system knows no such request, a store
    first looks and then writes.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url.rstrip("/")
        self.scheme, self._files, self._root = opened(self.url, options)

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        path = self._path(key)
        with self._told():
            if not once:
                self._files.pipe_file(path, data)
                return True
            return self._created(path, data)

    def _created(self, path: str, data: bytes) -> bool:
        if self.scheme not in CONDITIONAL and self._files.exists(path):
            return False
        try:
            self._files.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            if refused_twin(error):
                return False
            raise
        return True

    def get(self, key: str) -> bytes:
        path = self._path(key)
        with self._told():
            try:
                return bytes(self._files.cat_file(path))
            except FileNotFoundError:
                raise missing(key, self) from None

    def list(self, prefix: str = "") -> Iterator[str]:
        prefix = checked_prefix(prefix)
        with self._told():
            self._files.invalidate_cache()
            above = f"{self._root}/{prefix.rpartition('/')[0]}".rstrip("/")
            found = self._files.find(above) if self._files.exists(above) else []
        keys = (path[len(self._root) + 1 :] for path in found)
        return iter(sorted(key for key in keys if key.startswith(prefix)))

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._told():
            try:
                self._files.rm_file(path)
            except FileNotFoundError:
                return

    def _path(self, key: str) -> str:
        return f"{self._root}/{checked(key)}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a library says, in our words. Raises DiskFull or StoreFailed."""
        try:
            yield
        except VitrailError:
            raise
        except Exception as error:  # every system has errors of its own: no credentials, no such host
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Exception:
        if getattr(error, "errno", None) == errno.ENOSPC:
            return DiskFull(f"there is no room left in {self} ({error}). What was there is whole. Make room first.")
        return StoreFailed(
            f"{self} does not do it ({type(error).__name__}: {str(error)[:300]}). A place that answers, with "
            "credentials that may read and write there, was expected. Check the URL, the credentials and the network.",
            url=self.url,
            passing=not isinstance(error, FOR_GOOD),
        )

    def __repr__(self) -> str:
        return f"the store {self.url!r}"


def opened(url: str, options: dict[str, Any]) -> tuple[str, Any, str]:
    """Scheme, file system and folder of a URL; nothing is asked of it yet.

    Raises BadSetting where the URL is none, MissingExtra where a library is missing.
    """
    scheme = url.partition("://")[0]
    if "@" in url:
        raise BadSetting(
            f"the URL of the store ({scheme}://...) holds an @. Credentials do not belong there: they would be logged. "
            "Put them where the library looks for them, for S3 the environment or ~/.aws."
        )
    try:
        files, root = fsspec.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True, **options)
    except ImportError as error:
        raise MissingExtra({"s3": "s3fs"}.get(scheme, scheme), "aws", f"a store at {scheme}://") from error
    except ValueError as error:
        known = "s3, gs, az, memory, file"
        raise BadSetting(
            f"no store speaks {scheme!r}. A folder, or a URL that fsspec knows ({known} ...), was expected. Check the "
            "URL."
        ) from error
    return scheme, files, root.rstrip("/")


def refused_twin(error: OSError) -> bool:
    """Whether a conditional write was refused because the key is taken, or is being written by another."""
    said = f"{type(error.__cause__).__name__} {error} {error.__cause__}"
    return any(word in said for word in ("PreconditionFailed", "ConditionalRequestConflict", "412"))
