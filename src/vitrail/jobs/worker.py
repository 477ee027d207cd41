"""One worker: it claims a shard, works at it, keeps its lease alive, and commits what came out."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from vitrail.errors import OutOfMemory, StoreFailed, VitrailError
from vitrail.jobs.job import Lease
from vitrail.store import Store
from vitrail.store.contents import keep, kept

if TYPE_CHECKING:
    from vitrail.jobs.table import Table

Tell = Callable[[float, Any], None]  #: (progress from 0 to 1, what whoever goes on begins with, or None)
AGAIN = (StoreFailed, OutOfMemory)  #: another attempt, perhaps of another worker, may succeed


class Work(Protocol):
    """What is to be done for a question. Bytes go out, and the same question and shard give the same bytes.

    shard    the answer of one shard; `tell` is called now and then, and raises Gone when nobody needs it any more
    gather   the job's answer, out of those of all shards in their order
    """

    def shard(self, question: dict[str, Any], shard: Any, resume: Any, tell: Tell) -> bytes: ...
    def gather(self, question: dict[str, Any], answers: list[bytes], tell: Tell) -> bytes: ...


class Gone(Exception):
    """The lease is another's, the job has ended, or this worker is to stop."""


class Worker:
    """Works until it is told to stop.

    seconds   how long a lease lasts; it is renewed three times in that time, whatever the work does
    pause     seconds between looks at an empty queue
    """

    def __init__(
        self, table: "Table", store: Store, work: Work, name: str, seconds: float = 30.0, pause: float = 0.2
    ) -> None:
        self.table = table
        self.store = store
        self.work = work
        self.name = name
        self.seconds = seconds
        self.pause = pause
        self.stopping = threading.Event()

    def run(self) -> None:
        """Shard after shard, until `stop`; a store or a table that does not answer is asked again later."""
        while not self.stopping.is_set():
            try:
                found = self.once()
            except StoreFailed:
                found = False
            if not found:
                self.stopping.wait(self.pause)

    def stop(self) -> None:
        """Ends `run`: the shard that is worked at goes back into the queue, from where it is."""
        self.stopping.set()

    def once(self) -> bool:
        """Whether there was a shard to work at; it is finished, failed or given back by then."""
        lease = self.table.claim(self.name, self.seconds)
        if lease is None:
            return False
        held = Held(self, lease)
        try:
            with held:
                answer = self._answer(lease, held.tell)
                self.table.commit(lease, keep(self.store, answer))
        except Gone:
            self.table.release(lease)  # in vain where the lease is another's
        except VitrailError as error:
            self.table.fail(lease, error.code, str(error), again=isinstance(error, AGAIN))
        except MemoryError:
            self.table.fail(lease, OutOfMemory.code, "there is not enough memory for this shard.", again=True)
        except Exception as error:  # a fault of ours or of the network: the same again would do the same
            self.table.fail(lease, "unexpected", f"{type(error).__name__}: {error}")
        return True

    def _answer(self, lease: Lease, tell: Tell) -> bytes:
        if not lease.gathers:
            return self.work.shard(lease.question, lease.shard, lease.resume, tell)
        keys = [key for _, key in self.table.manifest(lease.job)]
        return self.work.gather(lease.question, [kept(self.store, str(key)) for key in keys], tell)


class Held:
    """A lease that is renewed by a thread of its own for as long as the work takes."""

    def __init__(self, worker: Worker, lease: Lease) -> None:
        self._worker = worker
        self._lease = lease
        self._done = threading.Event()
        self._lost = threading.Event()
        self._beat = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> "Held":
        self._beat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._beat.join()

    def _renew(self) -> None:
        while not self._done.wait(self._worker.seconds / 3):
            try:
                if not self._worker.table.renew(self._lease, self._worker.seconds):
                    self._lost.set()
                    return
            except StoreFailed:
                continue  # the database may come back before the lease has run out

    def tell(self, progress: float, resume: Any = None) -> None:
        """Writes down how far the work is. Raises Gone when it need not go on."""
        table, seconds = self._worker.table, self._worker.seconds
        if self._lost.is_set() or not table.renew(self._lease, seconds, progress, resume):
            raise Gone
        if self._worker.stopping.is_set():
            raise Gone
