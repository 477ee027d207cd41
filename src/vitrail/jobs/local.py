"""Workers on this machine, each in a process of its own; one that dies is replaced."""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from vitrail.jobs import table_at
from vitrail.jobs.worker import Work, Worker
from vitrail.store import store_at

LONGEST = 30.0  #: seconds that a worker has to give its shard back before it is killed


class Local:
    """So many workers, from `with` to the end of it.

    place, store   of the lease table and of what is kept, as text: every process opens its own
    work           makes what a worker does, in its process; a function that can be imported by name
    seconds        how long a lease lasts
    """

    def __init__(
        self, place: str, store: str, work: Callable[[str], Work], count: int = 2, seconds: float = 30.0
    ) -> None:
        self._given = place, store, work, seconds
        self._context = multiprocessing.get_context("spawn")  # torch and its threads do not survive a fork
        self._count = count
        self._made = 0
        self._running: list[BaseProcess] = []
        self._ends = self._context.Pipe(duplex=False)  # it closes when this process dies, also by kill -9
        self._stop = self._context.Pipe(duplex=False)
        self._guard = threading.Thread(target=self._replace, daemon=True)

    def __enter__(self) -> "Local":
        self._running = [self._started() for _ in range(self._count)]
        self._guard.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop[1].close()
        self._guard.join()
        self._ends[1].close()
        for process in self._running:
            process.join(LONGEST)
            if process.is_alive():
                process.kill()
                process.join()

    @property
    def pids(self) -> list[int]:
        """Of the processes that work now."""
        return [process.pid for process in list(self._running) if process.pid is not None]

    def _started(self) -> BaseProcess:
        self._made += 1
        name = f"{multiprocessing.current_process().pid}-{self._made}"
        process = self._context.Process(target=worked, args=(name, self._ends[0], *self._given), daemon=True)
        process.start()
        return process

    def _replace(self) -> None:
        """Waits for one to die, or for the end."""
        while True:
            over = wait([self._stop[0], *(process.sentinel for process in self._running)])
            if self._stop[0] in over:
                return
            self._running = [each if each.is_alive() else self._started() for each in self._running]


def worked(name: str, parent: Connection, place: str, store: str, work: Callable[[str], Work], seconds: float) -> None:
    """The life of a worker: until SIGTERM, or until the process that started it is no more."""
    worker = Worker(table_at(place), store_at(store), work(store), name, seconds)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who started us says what to do
    threading.Thread(target=orphaned, args=(parent, worker), daemon=True).start()
    worker.run()


def orphaned(parent: Connection, worker: Worker) -> None:
    """Stops the worker once nobody holds the other end."""
    wait([parent])
    worker.stop()
