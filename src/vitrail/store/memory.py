"""Bytes in memory, until the process ends."""

import threading
from collections.abc import Iterator

from vitrail.store.keys import checked, checked_prefix, missing


class Memory:
    """A store for tests, and for whoever wants to leave nothing behind."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        with self._lock:
            if once and key in self._kept:
                return False
            self._kept[checked(key)] = bytes(data)
            return True

    def get(self, key: str) -> bytes:
        try:
            return self._kept[checked(key)]
        except KeyError:
            raise missing(key, self) from None

    def list(self, prefix: str = "") -> Iterator[str]:
        prefix = checked_prefix(prefix)
        with self._lock:
            found = sorted(key for key in self._kept if key.startswith(prefix))
        return iter(found)

    def delete(self, key: str) -> None:
        with self._lock:
            self._kept.pop(checked(key), None)

    def __repr__(self) -> str:
        return "memory"
