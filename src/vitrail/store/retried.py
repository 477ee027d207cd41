"""A store that is asked again when it does not answer."""

import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from vitrail.errors import NoSuchKey, StoreFailed

if TYPE_CHECKING:
    from vitrail.store import Store

Result = TypeVar("Result")
Sleep = Callable[[float], None]


class Retried:
    """Another store, asked up to `attempts` times.

    Between attempts it waits `wait` seconds, then twice, four times as long, up to `longest`; each time a random share
    between a half and all of it, so that many who failed together do not come back together. Only what may pass is
    asked again: not a missing key, not missing rights, not a full disk.
    """

    def __init__(
        self, store: "Store", attempts: int = 5, wait: float = 0.2, longest: float = 5.0, sleep: Sleep = time.sleep
    ) -> None:
        self.store = store
        self.attempts = attempts
        self._waits = [min(wait * 2**i, longest) for i in range(attempts - 1)]
        self._sleep = sleep

    def put(self, key: str, data: bytes, *, once: bool = False) -> bool:
        failures = 0

        def write() -> bool:
            nonlocal failures
            try:
                return self.store.put(key, data, once=once)
            except StoreFailed:
                failures += 1
                raise

        written = self._asked(write)
        # An attempt that failed may have written all the same: what is there is then ours.
        return written or (failures > 0 and self._holds(key, data))

    def _holds(self, key: str, data: bytes) -> bool:
        try:
            return self.get(key) == data
        except NoSuchKey:
            return False

    def get(self, key: str) -> bytes:
        return self._asked(lambda: self.store.get(key))

    def list(self, prefix: str = "") -> Iterator[str]:
        return self._asked(lambda: self.store.list(prefix))

    def delete(self, key: str) -> None:
        self._asked(lambda: self.store.delete(key))

    def _asked(self, ask: Callable[[], Result]) -> Result:
        for wait in self._waits:
            try:
                return ask()
            except StoreFailed as error:
                if not error.facts.get("passing"):
                    raise
                self._sleep(wait * random.uniform(0.5, 1.0))
        return ask()

    def __repr__(self) -> str:
        return repr(self.store)
